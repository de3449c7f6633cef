"""Puts a run's facts in order: each is released once, after the one before it."""

from __future__ import annotations

from services.gateway.live.facts import FactEnvelope

MAX_BUFFERED = 5_000
"""Facts buffered while an earlier one is missing; those beyond are read from the ledger later."""


class Sequencer:
    """Buffers facts until ``start`` sets the first sequence."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._buffered: dict[int, FactEnvelope] = {}

    @property
    def has_gap(self) -> bool:
        """Whether facts are buffered because an earlier one is missing."""
        return self.last is not None and bool(self._buffered)

    def start(self, at: int) -> list[FactEnvelope]:
        """The fact after ``at`` is the next one. Returns the buffered facts that follow."""
        self.last = at
        self._buffered = {sequence: fact for sequence, fact in self._buffered.items() if sequence > at}
        return self._pop_ready()

    def push(self, fact: FactEnvelope) -> list[FactEnvelope]:
        """Returns the facts that are now next; empty for a duplicate, or while an earlier fact is missing."""
        if self.last is not None and fact.sequence <= self.last:
            return []
        if self.last is not None and fact.sequence == self.last + 1 and not self._buffered:
            self.last = fact.sequence
            return [fact]
        if len(self._buffered) < MAX_BUFFERED or fact.sequence - 1 == self.last:
            self._buffered[fact.sequence] = fact
        return self._pop_ready()

    def skip_gap(self) -> list[FactEnvelope]:
        """Give up on the missing facts, because the ledger does not have them either."""
        if self.last is not None and self._buffered:
            self.last = min(self._buffered) - 1
        return self._pop_ready()

    def _pop_ready(self) -> list[FactEnvelope]:
        if self.last is None:
            return []
        ready: list[FactEnvelope] = []
        while (fact := self._buffered.pop(self.last + 1, None)) is not None:
            self.last = fact.sequence
            ready.append(fact)
        return ready
