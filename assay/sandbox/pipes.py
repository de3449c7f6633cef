"""The host's ends of a command's pipes: output is capped, and writing never blocks the event loop."""

from __future__ import annotations

import asyncio
import fcntl
import os

from assay.sandbox.errors import LineTooLong

_CHUNK_BYTES = 65_536
_MAX_UNREAD_BYTES = 4 * _CHUNK_BYTES
"""Reading pauses here if lines are not consumed, so a process cannot fill the host's memory."""
_MAX_PIPE_CHUNKS = 16
"""An unprivileged process can enlarge a pipe to 1 MiB at most."""
_DROPPED_AT_ONCE_BYTES = 1 << 20
_DROPPED_PAUSE_SECONDS = 0.02
"""After dropping so many bytes, reading pauses for so long: a command that prints endlessly is slowed down to 50 MB/s
instead of keeping the host busy."""
_ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def memory_file(data: bytes = b"", name: str = "assay") -> int:
    """A descriptor of an anonymous file in memory that contains ``data``."""
    descriptor = os.memfd_create(name)
    os.write(descriptor, data) if len(data) < _CHUNK_BYTES else _write_all(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def sealed_file(data: bytes, name: str) -> int:
    """Like ``memory_file``, but the receiver can neither change it nor grow it to hold memory that no limit counts."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    _write_all(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _ALL_SEALS)
    return descriptor


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class OutputPipe:
    """A command's stdout or stderr. Keeps the first ``keep_bytes``, and counts and drops the rest; in line mode it
    pauses the command instead."""

    def __init__(self, descriptor: int, keep_bytes: int, *, line_mode: bool) -> None:
        self._descriptor, self._keep_bytes, self._line_mode = descriptor, keep_bytes, line_mode
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._dropped_bytes = self._dropped_since_pause = 0
        self._open = True
        self._changed = asyncio.Event()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    async def read_line(self, max_bytes: int) -> bytes:
        """The next line, or the rest at the end of the output. Raises LineTooLong."""
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0 and self._open and len(self._buffer) <= max_bytes:
            searched = len(self._buffer)
            self._changed.clear()
            self._loop.add_reader(self._descriptor, self._read)
            await self._changed.wait()
        length = at + 1 if at >= 0 else len(self._buffer)
        if length > max_bytes:
            raise LineTooLong(f"a line of more than {max_bytes} bytes")
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def stop_reading_lines(self) -> None:
        """From now on output is kept or dropped instead of pausing the command."""
        self._line_mode = False
        self._resume()

    def drain(self) -> None:
        """Reads what the pipe holds now and closes it, even if descendants of the command still have it open."""
        for _ in range(_MAX_PIPE_CHUNKS):
            if not self._open or not self._read():
                break
        self.close()

    def captured(self) -> tuple[bytes, int]:
        """The output that was not read as lines, and how many bytes of it were dropped."""
        captured = bytes(self._buffer[: self._keep_bytes])
        return captured, self._dropped_bytes + len(self._buffer) - len(captured)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._changed.set()

    def _read(self) -> bool:
        """Reads one chunk; returns whether there may be more."""
        try:
            data = os.read(self._descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self._store(data)
        self._changed.set()
        return True

    def _store(self, data: bytes) -> None:
        if self._line_mode:
            self._buffer += data
            if len(self._buffer) >= _MAX_UNREAD_BYTES:
                self._loop.remove_reader(self._descriptor)
            return
        space = max(0, self._keep_bytes - len(self._buffer))
        self._buffer += data[:space]
        if dropped_bytes := max(0, len(data) - space):
            self._drop(dropped_bytes)

    def _drop(self, size: int) -> None:
        self._dropped_bytes += size
        self._dropped_since_pause += size
        if self._dropped_since_pause >= _DROPPED_AT_ONCE_BYTES:
            self._dropped_since_pause = 0
            self._loop.remove_reader(self._descriptor)
            self._loop.call_later(_DROPPED_PAUSE_SECONDS, self._resume)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._descriptor, self._read)


class StdinPipe:
    """A command's stdin. Data for a command that has closed it is dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._write_lock = asyncio.Lock()
        self._writable = asyncio.Event()
        os.set_blocking(descriptor, False)

    async def write(self, data: bytes, *, last: bool) -> None:
        async with self._write_lock:
            view = memoryview(data)
            while view and self._open:
                view = view[await self._write_some(view) :]
            if last:
                self.close()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._writable.set()

    async def _write_some(self, view: memoryview) -> int:
        try:
            return os.write(self._descriptor, view)
        except BlockingIOError:
            self._writable.clear()
            self._loop.add_writer(self._descriptor, self._writable.set)
            await self._writable.wait()
            if self._open:
                self._loop.remove_writer(self._descriptor)
            return 0
        except BrokenPipeError:
            self.close()
            return 0
