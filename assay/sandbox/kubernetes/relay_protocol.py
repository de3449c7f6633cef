"""Frames between the host and ``pod_programs/relay.py``: kind (one byte), stream, length (4 bytes each), payload."""

from __future__ import annotations

import struct
from collections.abc import Generator
from enum import Enum
from functools import cache
from pathlib import Path

from assay.sandbox.kubernetes import pod_programs

HEADER = struct.Struct(">cII")
WINDOW_BYTES = 262_144
"""How much a sender may have on its way that the receiver has not acknowledged, per stream."""
CHUNK_BYTES = 65_536
FIRST_CONNECTION = 1 << 31
"""Streams from here on are connections that code inside opened; below, the request's number and two bits: 0 is stdin
or the archive to write, 1 stdout, 2 stderr."""


class Frame(bytes, Enum):
    """To the relay (r), to the host (h), or both."""

    DATA, ACK, END = b"D", b"A", b"E"
    """Both: bytes, the number of bytes consumed, the end of the bytes."""
    ABANDON = b"X"
    """r: the connection is gone. h: nobody reads the stream any more."""
    RUN, WRITE, KILL, USAGE = b"R", b"W", b"K", b"U"
    """r: requests to init, as in ``init_protocol``; what is written follows on the stream."""
    FILE, LISTEN, PROBE, GO = b"F", b"L", b"N", b"G"
    """r: append to a file; listen on a Unix socket; check the network (its answer is of the same kind); start init."""
    PING = b"P"
    """Both: a sign of life and its answer."""
    CONTROL, OPEN, GONE = b"C", b"O", b"Z"
    """h: a packet from init; a connection on the named socket; init has ended."""


def frame(kind: Frame, stream: int = 0, payload: bytes = b"") -> bytes:
    return HEADER.pack(kind.value, stream, len(payload)) + payload


def frames(buffer: bytearray) -> Generator[tuple[Frame, int, bytes]]:
    """Takes the complete frames from the buffer. Raises ValueError for bytes that are none."""
    while len(buffer) >= HEADER.size:
        kind, stream, size = HEADER.unpack_from(buffer)
        if size > 8 * WINDOW_BYTES:
            raise ValueError(f"a frame of {size} bytes")
        if len(buffer) < HEADER.size + size:
            return
        payload = bytes(buffer[HEADER.size : HEADER.size + size])
        del buffer[: HEADER.size + size]
        yield Frame(kind), stream, payload


@cache
def program(*names: str) -> str:
    """The text of programs for a container, as one."""
    return "\n".join(Path(pod_programs.__path__[0], f"{name}.py").read_text() for name in names)
