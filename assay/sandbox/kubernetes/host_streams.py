"""The host's ends of streams to and from a pod: descriptors of pipes, files and connections, with flow control."""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
from collections.abc import Callable
from contextlib import suppress

from assay.sandbox.kubernetes.relay_protocol import CHUNK_BYTES, WINDOW_BYTES, Frame

Send = Callable[[Frame, int, bytes], None]
_F_SETPIPE_SZ, _LARGEST_PIPE_BYTES = 1031, 1 << 20


class Source:
    """Sends what a descriptor yields. Owns the descriptor."""

    def __init__(self, descriptor: int, number: int, send: Send) -> None:
        self._descriptor, self._number, self._send = descriptor, number, send
        self._loop, self._credit = asyncio.get_running_loop(), WINDOW_BYTES
        mode = os.fstat(descriptor).st_mode
        self._pollable = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        if self._pollable:
            os.set_blocking(descriptor, False)
            self._loop.add_reader(descriptor, self._read)
        else:
            self._read_file()

    def acknowledge(self, size: int) -> None:
        self._credit += size
        if self._descriptor < 0:
            return
        if self._pollable:
            self._loop.add_reader(self._descriptor, self._read)
        else:
            self._read_file()

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            if self._pollable:
                self._loop.remove_reader(descriptor)
            os.close(descriptor)

    def _read_file(self) -> None:
        while self._descriptor >= 0 and self._credit > 0:
            self._read()

    def _read(self) -> None:
        if self._credit <= 0:
            self._loop.remove_reader(self._descriptor)
            return
        try:
            data = os.read(self._descriptor, min(CHUNK_BYTES, self._credit))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._credit -= len(data)
        self._send(Frame.DATA if data else Frame.END, self._number, data)
        if not data:
            self.close()


class Sink:
    """Writes what arrives to a descriptor and acknowledges it. Owns the descriptor."""

    def __init__(self, descriptor: int, number: int, send: Send) -> None:
        self._descriptor, self._number, self._send = descriptor, number, send
        self._loop, self._pending, self._ending = asyncio.get_running_loop(), bytearray(), False
        self.on_close: Callable[[], None] | None = None
        os.set_blocking(descriptor, False)

    @property
    def closed(self) -> bool:
        return self._descriptor < 0

    def feed(self, data: bytes) -> None:
        if not self.closed:
            self._pending += data
            self._write()

    def end(self) -> None:
        """No more will come: closed once everything is written. A reader who has paused gets it in a larger pipe."""
        self._ending = True
        if self._pending:
            with suppress(OSError):
                fcntl.fcntl(self._descriptor, _F_SETPIPE_SZ, _LARGEST_PIPE_BYTES)
        self._write()

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._loop.remove_writer(descriptor)
            os.close(descriptor)
            if self.on_close:
                self.on_close()

    def _write(self) -> None:
        try:
            while self._pending and not self.closed:
                written = os.write(self._descriptor, self._pending)
                del self._pending[:written]
                self._send(Frame.ACK, self._number, written.to_bytes(4, "big"))
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._write)
            return
        except OSError:
            self._send(Frame.ABANDON, self._number, b"")
            self._pending.clear()
            self._ending = True
        if self.closed:
            return
        self._loop.remove_writer(self._descriptor)
        if self._ending:
            self.close()
