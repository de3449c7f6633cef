"""A disk that loses unflushed data at a power cut. Needs root.

``python -m tests.faults.weekly.volatile_disk FILE FOLDER SEED`` mounts at FOLDER, by FUSE, a folder with one file,
``disk``, as the backing file of a loop device. Writes stay in memory, page by page, until they are flushed to FILE (by
FSYNC, into which a loop device turns a file system's barriers). SIGUSR1 cuts the power: a random half of the unflushed
pages reaches FILE, in no order, the rest is lost, and every later write or flush fails. So data is durable only if its
writer waited for the flush.
"""

from __future__ import annotations

import ctypes
import errno
import os
import random
import signal
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path

PAGE = 4096
_MAX_WRITE = 128 * 1024
_ROOT, _FILE = 1, 2
_HEADER = struct.Struct("<IIQQIIIHH")
_REPLY = struct.Struct("<IiQ")
_ATTRIBUTES = struct.Struct("<6Q10I")
_LOOKUP, _FORGET, _GETATTR, _SETATTR, _OPEN, _READ, _WRITE, _STATFS = 1, 2, 3, 4, 14, 15, 16, 17
_RELEASE, _FSYNC, _FLUSH, _INIT, _OPENDIR, _READDIR, _RELEASEDIR, _INTERRUPT, _DESTROY, _BATCH_FORGET = (
    *(18, 20, 25, 26, 27, 28, 29, 36, 38, 42),
)
_SILENT = (_FORGET, _BATCH_FORGET, _INTERRUPT)
_DIRECT_IO = 1


class FuseError(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.number = number


class VolatileDisk:
    """The pages on the disk, and those only in its memory."""

    def __init__(self, file: Path, seed: int) -> None:
        self._descriptor = os.open(file, os.O_RDWR)
        self.size = os.fstat(self._descriptor).st_size
        self._unflushed: dict[int, bytes] = {}
        self._rng = random.Random(seed)
        self._powered = True

    def read(self, offset: int, size: int) -> bytes:
        first, last = offset // PAGE, (offset + size - 1) // PAGE
        pages = b"".join(self._page(number) for number in range(first, last + 1))
        return pages[offset - first * PAGE :][: min(size, max(0, self.size - offset))]

    def write(self, offset: int, data: bytes) -> None:
        self._check()
        end = offset + len(data)
        while offset < end:
            number, within = divmod(offset, PAGE)
            piece = data[: PAGE - within]
            page = self._page(number)
            self._unflushed[number] = page[:within] + piece + page[within + len(piece) :]
            offset, data = offset + len(piece), data[len(piece) :]

    def flush(self) -> None:
        self._check()
        self._keep(list(self._unflushed))

    def cut(self) -> None:
        self._keep([number for number in self._unflushed if self._rng.random() < 0.5])
        self._unflushed.clear()
        self._powered = False

    def _page(self, number: int) -> bytes:
        return self._unflushed.get(number) or os.pread(self._descriptor, PAGE, number * PAGE).ljust(PAGE, b"\0")

    def _keep(self, numbers: list[int]) -> None:
        for number in numbers:
            os.pwrite(self._descriptor, self._unflushed.pop(number), number * PAGE)

    def _check(self) -> None:
        if not self._powered:
            raise FuseError(errno.EIO)


class FuseServer:
    """Serves the FUSE protocol: one folder with one file."""

    def __init__(self, disk: VolatileDisk, device: int) -> None:
        self._disk, self._device = disk, device
        self._operations: dict[int, Callable[[int, bytes], bytes]] = {
            _INIT: self._init,
            _LOOKUP: self._lookup,
            _GETATTR: self._attributes_reply,
            _SETATTR: self._attributes_reply,
            _OPEN: _always(struct.pack("<QII", 0, _DIRECT_IO, 0)),
            _OPENDIR: _always(struct.pack("<QII", 0, 0, 0)),
            _READ: self._read,
            _WRITE: self._write,
            _FSYNC: self._fsync,
            _STATFS: _always(struct.pack("<5Q4I6I", 0, 0, 0, 0, 0, PAGE, 255, PAGE, 0, *[0] * 6)),
            **dict.fromkeys((_READDIR, _RELEASE, _RELEASEDIR, _FLUSH, _DESTROY), _always(b"")),
        }

    def serve(self) -> None:
        while True:
            try:
                request = os.read(self._device, _MAX_WRITE + 4096)
            except OSError as error:
                if error.errno == errno.ENODEV:  # unmounted
                    return
                if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                raise
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        _, opcode, unique, node, *_ = _HEADER.unpack_from(request)
        if opcode in _SILENT:
            return
        number, body = 0, b""
        try:
            operation = self._operations.get(opcode)
            if operation is None:
                raise FuseError(errno.ENOSYS)
            body = operation(node, request[_HEADER.size :])
        except FuseError as refused:
            number = refused.number
        os.write(self._device, _REPLY.pack(_REPLY.size + len(body), -number, unique) + body)

    def _init(self, _: int, body: bytes) -> bytes:
        major, minor, readahead, _flags = struct.unpack_from("<4I", body)
        head = struct.pack("<4IHHIIHHII", major, min(minor, 31), readahead, 0, 16, 12, _MAX_WRITE, 1, 0, 0, 0, 0)
        return head.ljust(64, b"\0")

    def _lookup(self, _: int, body: bytes) -> bytes:
        if body.rstrip(b"\0") != b"disk":
            raise FuseError(errno.ENOENT)
        return struct.pack("<4QII", _FILE, 0, 3600, 0, 0, 0) + self._attributes(_FILE)

    def _attributes_reply(self, node: int, _: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + self._attributes(node)

    def _attributes(self, node: int) -> bytes:
        folder = node == _ROOT
        mode = stat.S_IFDIR | 0o700 if folder else stat.S_IFREG | 0o600
        size = 0 if folder else self._disk.size
        return _ATTRIBUTES.pack(node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, PAGE, 0)

    def _read(self, _: int, body: bytes) -> bytes:
        _handle, offset, size = struct.unpack_from("<QQI", body)
        return self._disk.read(offset, size)

    def _write(self, _: int, body: bytes) -> bytes:
        _handle, offset, size = struct.unpack_from("<QQI", body)
        self._disk.write(offset, body[40 : 40 + size])
        return struct.pack("<II", size, 0)

    def _fsync(self, _node: int, _body: bytes) -> bytes:
        self._disk.flush()
        return b""


def _always(reply: bytes) -> Callable[[int, bytes], bytes]:
    def operation(_node: int, _body: bytes) -> bytes:
        return reply

    return operation


def mount(folder: Path) -> int:
    """Mount FUSE at the folder; returns its device."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other,max_read={_MAX_WRITE}"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"assay", str(folder).encode(), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), "FUSE cannot be mounted; is this root?")
    return device


def main(file: str, folder: str, seed: str) -> None:
    disk = VolatileDisk(Path(file), int(seed))

    def cut(_number: int, _frame: object) -> None:
        disk.cut()

    signal.signal(signal.SIGUSR1, cut)
    device = mount(Path(folder))
    print("mounted", flush=True)
    FuseServer(disk, device).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
