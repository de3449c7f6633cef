"""Parses server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), leniently."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple


class EventTooLarge(Exception):
    pass


class ServerSentEvent(NamedTuple):
    """``name`` is from its ``event:`` line. A ``bare`` event consists of lines that are no fields, such as JSON to
    which the server did not add ``data:``."""

    data: bytes
    name: bytes = b""
    bare: bool = False


class EventParser:
    """For a body that arrives in chunks of any size. Lines may end with CR, LF or both."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data: list[bytes] = []
        self._bare: list[bytes] = []
        self._name = b""
        self._partial: list[bytes] = []
        self._size = 0
        self._skip_newline = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that this chunk completes. Raises EventTooLarge for an event over ``max_bytes``."""
        if self._skip_newline and chunk:
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        events: list[ServerSentEvent] = []
        if b"\n" not in chunk and b"\r" not in chunk:
            self._partial.append(chunk)
            self._size += len(chunk)
        else:
            lines = b"".join([*self._partial, chunk]).splitlines()
            tail = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
            self._skip_newline = chunk.endswith(b"\r")
            self._read_lines(lines, events)
            self._partial = [tail]
            self._size = len(tail) + sum(map(len, self._data)) + sum(map(len, self._bare))
        if self._size > self._max_bytes:
            raise EventTooLarge(f"an event of the stream is over {self._max_bytes} bytes")
        return events

    def close(self) -> list[ServerSentEvent]:
        """An unfinished last event counts."""
        events: list[ServerSentEvent] = []
        self._read_lines([b"".join(self._partial), b""], events)
        self._partial = []
        return events

    def _read_lines(self, lines: list[bytes], events: list[ServerSentEvent]) -> None:
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif line:
                self._read_field(line)
            else:
                self._end_event(events)

    def _read_field(self, line: bytes) -> None:
        """Any field except ``data:`` in its usual form."""
        name, _, value = line.partition(b":")
        match name.strip().lower():
            case b"data":
                self._data.append(value.strip())
            case b"event":
                self._name = value.strip()
            case b"" | b"id" | b"retry":
                pass
            case _:
                self._bare.append(line)

    def _end_event(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            events.append(ServerSentEvent(b"\n".join(self._data), self._name))
            self._data.clear()
        if self._bare:
            events.append(ServerSentEvent(b"\n".join(self._bare), self._name, bare=True))
            self._bare.clear()
        self._name = b""


async def event_data(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncGenerator[bytes]:
    """The data of each event in a body. Raises EventTooLarge for an event over ``max_bytes``."""
    parser = EventParser(max_bytes)
    async for chunk in chunks:
        for event in parser.feed(chunk):
            if not event.bare:
                yield event.data
    for event in parser.close():
        if not event.bare:
            yield event.data
