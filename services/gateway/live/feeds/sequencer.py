"""A run's facts put back in order: each comes out once, and none before the one that precedes it."""

from __future__ import annotations

from services.gateway.live.facts import FactEnvelope

MAX_BUFFERED = 5_000
"""So many facts are kept while an earlier one is missing; those beyond are read again from the ledger."""


class Sequencer:
    """Starts with no place of its own; until ``start`` it keeps what it hears."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._buffered: dict[int, FactEnvelope] = {}

    @property
    def has_gap(self) -> bool:
        """Whether something is heard that cannot be given out yet."""
        return self.last is not None and bool(self._buffered)

    def start(self, at: int) -> list[FactEnvelope]:
        """From here on, the fact after ``at`` is the next. Returns what that lets go of."""
        self.last = at
        self._buffered = {sequence: heard for sequence, heard in self._buffered.items() if sequence > at}
        return self._pop_ready()

    def push(self, fact: FactEnvelope) -> list[FactEnvelope]:
        """Returns the facts that are next now: none for what came before, or too early."""
        if self.last is not None and fact.sequence <= self.last:
            return []
        if self.last is not None and fact.sequence == self.last + 1 and not self._buffered:
            self.last = fact.sequence
            return [fact]
        if len(self._buffered) < MAX_BUFFERED or fact.sequence - 1 == self.last:
            self._buffered[fact.sequence] = fact
        return self._pop_ready()

    def skip_gap(self) -> list[FactEnvelope]:
        """Give up on what is missing: the truth does not have it either."""
        if self.last is not None and self._buffered:
            self.last = min(self._buffered) - 1
        return self._pop_ready()

    def _pop_ready(self) -> list[FactEnvelope]:
        if self.last is None:
            return []
        ready: list[FactEnvelope] = []
        while (heard := self._buffered.pop(self.last + 1, None)) is not None:
            self.last = heard.sequence
            ready.append(heard)
        return ready
