"""The host's ends of a command's pipes: everything that comes is capped, nothing that is sent can block the loop."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable

from assay.sandbox.errors import LineTooLong

_CHUNK_BYTES = 65_536
_UNREAD_BYTES = 4 * _CHUNK_BYTES
"""A process whose lines nobody reads is held up from here on, instead of filling memory."""
_PIPE_CHUNKS = 16
"""A pipe can be made to hold a mebibyte at most by who has no privileges."""
FLOOD_FACTOR = 10
_ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def memory_file(data: bytes = b"", name: str = "assay") -> int:
    """A descriptor that reads ``data``, without a place in any folder."""
    descriptor = os.memfd_create(name)
    os.write(descriptor, data) if len(data) < _CHUNK_BYTES else _write_all(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def sealed_file(data: bytes, name: str) -> int:
    """As ``memory_file``; whoever gets it cannot change it, nor keep memory in it that nobody counts."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    _write_all(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _ALL_SEALS)
    return descriptor


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class Outlet:
    """One of a command's outputs. Keeps ``keep_bytes`` and drops the rest, or, while lines are read, holds it up."""

    def __init__(self, descriptor: int, keep_bytes: int, *, lines: bool, flooded: Callable[[], None]) -> None:
        self._descriptor, self._keep_bytes, self._lines, self._flooded = descriptor, keep_bytes, lines, flooded
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._dropped_bytes = 0
        self._open = True
        self._news = asyncio.Event()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    async def line(self, max_bytes: int) -> bytes:
        """The next line; what is left, perhaps nothing, at the end. Raises LineTooLong."""
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0 and self._open and len(self._buffer) <= max_bytes:
            searched = len(self._buffer)
            self._news.clear()
            self._loop.add_reader(self._descriptor, self._read)
            await self._news.wait()
        length = at + 1 if at >= 0 else len(self._buffer)
        if length > max_bytes:
            raise LineTooLong(f"a line of more than {max_bytes} bytes")
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def keep(self) -> None:
        """From now on lines are not waited for: what comes is kept or dropped."""
        self._lines = False
        if self._open:
            self._loop.add_reader(self._descriptor, self._read)

    def finish(self) -> None:
        """Takes what is in the pipe by now, no more than a pipe can hold, and closes it, whoever still writes to it."""
        for _ in range(_PIPE_CHUNKS):
            if not self._open or not self._read():
                break
        self.close()

    def kept(self) -> tuple[bytes, bool]:
        """What was kept and nobody read as lines, and whether there was more."""
        kept = bytes(self._buffer[: self._keep_bytes])
        return kept, self._dropped_bytes > 0 or len(self._buffer) > len(kept)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._news.set()

    def _read(self) -> bool:
        """One chunk; whether there may be more at once."""
        try:
            data = os.read(self._descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self._take(data)
        self._news.set()
        return True

    def _take(self, data: bytes) -> None:
        if self._lines:
            self._buffer += data
            if len(self._buffer) >= _UNREAD_BYTES:
                self._loop.remove_reader(self._descriptor)
            return
        room = max(0, self._keep_bytes - len(self._buffer))
        self._buffer += data[:room]
        self._dropped_bytes += max(0, len(data) - room)
        if self._dropped_bytes > self._keep_bytes * FLOOD_FACTOR:
            self._loop.remove_reader(self._descriptor)
            self._flooded()


class Inlet:
    """A command's stdin. What is sent to one that reads no more is forgotten."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._sending = asyncio.Lock()
        self._room = asyncio.Event()
        os.set_blocking(descriptor, False)

    async def send(self, data: bytes, *, last: bool) -> None:
        async with self._sending:
            view = memoryview(data)
            while view and self._open:
                view = view[await self._send_some(view) :]
            if last:
                self.close()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._room.set()

    async def _send_some(self, view: memoryview) -> int:
        try:
            return os.write(self._descriptor, view)
        except BlockingIOError:
            self._room.clear()
            self._loop.add_writer(self._descriptor, self._room.set)
            await self._room.wait()
            if self._open:
                self._loop.remove_writer(self._descriptor)
            return 0
        except BrokenPipeError:
            self.close()
            return 0
