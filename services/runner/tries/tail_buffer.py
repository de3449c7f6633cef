"""The newest output of running tries, for people who open an attempt after it has started."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import msgspec

from assay.contracts.attempts import Ticket
from assay.contracts.codec import encode
from assay.contracts.rpc import ReadTail, TailBacklog
from assay.contracts.tail import TailKind, TailLine

MAX_BYTES = 256 * 1024
"""Per try, as JSON, so that the reply always fits into a message."""
MAX_JOINED_CHARACTERS = 4_000


@dataclass(slots=True)
class _Entry:
    """The first line of a text, and all its pieces. ``size`` is in bytes."""

    line: TailLine
    pieces: list[str]
    characters: int
    size: int

    def continues_with(self, line: TailLine) -> bool:
        own = self.line
        return (
            own.kind == line.kind != TailKind.STEP
            and own.step is None is line.step
            and line.dropped == 0
            and own.offset + self.characters == line.offset
            and self.characters + len(line.text) <= MAX_JOINED_CHARACTERS
        )


class TailBuffer:
    """One try's lines. Pieces of one text are joined, because a model's text comes in thousands of them."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque()
        self._size = 0

    def add(self, line: TailLine) -> None:
        last = self._entries[-1] if self._entries else None
        if last is not None and last.continues_with(line):
            size = len(encode(line.text))
            last.pieces.append(line.text)
            last.characters += len(line.text)
            last.size += size
        else:
            size = len(encode(line))
            self._entries.append(_Entry(line, [line.text], len(line.text), size))
        self._size += size
        while self._size > MAX_BYTES and len(self._entries) > 1:
            self._size -= self._entries.popleft().size

    def lines(self) -> tuple[TailLine, ...]:
        return tuple(msgspec.structs.replace(entry.line, text="".join(entry.pieces)) for entry in self._entries)


class TailBuffers:
    """The buffers of all tries that this runner is making."""

    def __init__(self) -> None:
        self._by_attempt: dict[str, tuple[int, TailBuffer]] = {}

    def open(self, ticket: Ticket) -> TailBuffer:
        buffer = TailBuffer()
        self._by_attempt[ticket.attempt_id] = (ticket.token, buffer)
        return buffer

    def close(self, ticket: Ticket) -> None:
        """Unless a newer try at the same attempt has started."""
        if self._by_attempt.get(ticket.attempt_id, (0, None))[0] == ticket.token:
            del self._by_attempt[ticket.attempt_id]

    async def on_tail_read(self, request: ReadTail) -> TailBacklog | None:
        """None if another runner has the attempt, or none."""
        _, buffer = self._by_attempt.get(request.attempt_id, (0, None))
        return None if buffer is None else TailBacklog(lines=buffer.lines())
