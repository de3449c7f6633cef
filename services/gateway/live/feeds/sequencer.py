"""A run's facts put back in order: each comes out once, and none before the one that precedes it."""

from __future__ import annotations

from services.gateway.live.facts import Heard

MAX_WAITING = 5_000
"""So many facts are kept while an earlier one is missing; those beyond are read again from the ledger."""


class Sequencer:
    """Starts with no place of its own; until ``start`` it keeps what it hears."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._waiting: dict[int, Heard] = {}

    @property
    def gap(self) -> bool:
        """Whether something is heard that cannot be given out yet."""
        return self.last is not None and bool(self._waiting)

    def start(self, at: int) -> list[Heard]:
        """From here on, the fact after ``at`` is the next. Returns what that lets go of."""
        self.last = at
        self._waiting = {sequence: heard for sequence, heard in self._waiting.items() if sequence > at}
        return self._ready()

    def take(self, heard: Heard) -> list[Heard]:
        """Returns the facts that are next now: none for what came before, or too early."""
        if self.last is not None and heard.sequence <= self.last:
            return []
        if self.last is not None and heard.sequence == self.last + 1 and not self._waiting:
            self.last = heard.sequence
            return [heard]
        if len(self._waiting) < MAX_WAITING or heard.sequence - 1 == self.last:
            self._waiting[heard.sequence] = heard
        return self._ready()

    def skip(self) -> list[Heard]:
        """Give up on what is missing: the truth does not have it either."""
        if self.last is not None and self._waiting:
            self.last = min(self._waiting) - 1
        return self._ready()

    def _ready(self) -> list[Heard]:
        if self.last is None:
            return []
        ready: list[Heard] = []
        while (heard := self._waiting.pop(self.last + 1, None)) is not None:
            self.last = heard.sequence
            ready.append(heard)
        return ready
