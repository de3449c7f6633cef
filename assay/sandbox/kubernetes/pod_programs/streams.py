"""The streams of bytes between the host and the pipes and connections inside. The first part of ``relay.py``; never
imported on the host.

Each side of a stream sends at most ``WINDOW`` bytes that the other has not acknowledged, so that one that is not read
does not hold up the others.
"""

import contextlib
import math
import os
import socket
import struct
import time

HEADER = struct.Struct(">cII")
WINDOW, CHUNK, DRAIN_BYTES = 262_144, 32_768, 1 << 20
DROPPED_AT_ONCE_BYTES, DROPPED_PAUSE_SECONDS = 1 << 20, 0.02
FIRST_CONNECTION = 1 << 31


class Stream:
    """One direction of bytes from the host (``sink``), to the host (``source``), or both. ``keep`` bytes are sent and
    the rest is counted; None sends all."""

    def __init__(self, number: int, source: int = -1, sink: int = -1, keep: "int | None" = None) -> None:
        self.number, self.source, self.sink, self.keep = number, source, sink, keep
        self.pending, self.ending = bytearray(), False
        self.credit, self.dropped, self.since_pause, self.resume_at = WINDOW, 0, 0, 0.0
        for descriptor in {source, sink} - {-1}:
            os.set_blocking(descriptor, False)

    def readable(self, now: float) -> bool:
        return self.source >= 0 and now >= self.resume_at and (self.credit > 0 or self.keep == 0)


class Streams:
    def __init__(self) -> None:
        self.streams: dict[int, Stream] = {}

    def finish(self, number: int) -> bytes:
        """Sends what the pipes of an ended command hold, even if descendants of it still have them open. Returns how
        many bytes of its outputs were dropped."""
        outputs = [self.streams[each] for each in (number + 1, number + 2) if each in self.streams]
        for stream in outputs:
            self.drain(stream)
        for each in range(number, number + 3):
            if each in self.streams:
                self.forget(self.streams[each])
        return b"".join(b" %d" % stream.dropped for stream in outputs)

    def drain(self, stream: Stream) -> None:
        """Sends what its pipe holds, at most as much as a pipe can hold."""
        stream.credit = DRAIN_BYTES
        for _ in range(DRAIN_BYTES // CHUNK):
            if stream.source < 0 or not stream.readable(math.inf) or not self.read(stream):
                return

    def read(self, stream: Stream) -> bool:
        """Sends a chunk; returns whether there may be more."""
        try:
            data = os.read(stream.source, CHUNK if stream.keep == 0 else min(CHUNK, stream.credit))
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.send(b"E", stream.number)
            self.close_source(stream)
            return False
        if stream.keep is not None:
            data = self.cut(stream, data)
        stream.credit -= len(data)
        if data:
            self.send(b"D", stream.number, data)
        return True

    def cut(self, stream: Stream, data: bytes) -> bytes:
        """What is to be sent of it. A command that prints endlessly is slowed down, so that it does not keep the node
        busy."""
        kept = data[: stream.keep]
        stream.keep = (stream.keep or 0) - len(kept)
        dropped = len(data) - len(kept)
        stream.dropped += dropped
        stream.since_pause += dropped
        if stream.since_pause >= DROPPED_AT_ONCE_BYTES:
            stream.since_pause, stream.resume_at = 0, time.monotonic() + DROPPED_PAUSE_SECONDS
        return kept

    def write(self, stream: Stream) -> None:
        if stream.sink < 0:
            return
        try:
            while stream.pending:
                written = os.write(stream.sink, stream.pending[:WINDOW])
                del stream.pending[:written]
                self.send(b"A", stream.number, written.to_bytes(4, "big"))
        except BlockingIOError:
            return
        except OSError:
            stream.pending.clear()
            self.send(b"X", stream.number)
            self.close_sink(stream)
            return
        if stream.ending:
            self.close_sink(stream)

    def close_source(self, stream: Stream) -> None:
        if stream.source >= 0 and stream.source != stream.sink:
            os.close(stream.source)
        stream.source = -1
        self.drop_if_closed(stream)

    def close_sink(self, stream: Stream) -> None:
        sink, stream.sink = stream.sink, -1
        if sink >= 0 and sink != stream.source:
            os.close(sink)
        elif sink >= 0:
            end_writing(sink)
        self.drop_if_closed(stream)

    def drop_if_closed(self, stream: Stream) -> None:
        if stream.source < 0 and stream.sink < 0 and stream.number >= FIRST_CONNECTION:
            self.streams.pop(stream.number, None)

    def forget(self, stream: Stream) -> None:
        for descriptor in {stream.source, stream.sink} - {-1}:
            os.close(descriptor)
        stream.source = stream.sink = -1
        self.streams.pop(stream.number, None)

    def send(self, kind: bytes, number: int, payload: bytes = b"") -> None:
        data = memoryview(HEADER.pack(kind, number, len(payload)) + payload)
        while data:
            data = data[os.write(1, data) :]


def end_writing(descriptor: int) -> None:
    connection = socket.socket(fileno=descriptor)
    with contextlib.suppress(OSError):  # the other side is gone
        connection.shutdown(socket.SHUT_WR)
    connection.detach()
