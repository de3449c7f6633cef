"""The tables together, and transactions over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from services.ledger.memory.tables import Table, Undo

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The store's own clock, by which leases run out: time-zone-aware, never going back."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryStore:
    """Every row of the ledger. A transaction runs without a pause, so none sees another half done. ``changed`` is set
    after every transaction that changed something, as Postgres' ``Database`` does."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.changed = asyncio.Event()
        self.at = clock()
        """When the present transaction began."""
        self._undo: list[Undo] = []
        self.runs = self._table()
        self.plans = self._table()
        self.attempts = self._table("run_id")
        self.tries = self._table("attempt_id")
        self.verdicts = self._table()
        self.calls = self._table("attempt_id")
        self.projects = self._table()
        self.accounts = self._table()
        self.holds = self._table("attempt_id")
        self.transfers = self._table()
        self.cells = self._table()
        self.metrics = self._table()
        self.facts = self._table("run_id")
        self.orders = self._table()
        self.pending_facts = self._table()
        self.inbox = self._table()
        self.workers = self._table()
        self._position = 0

    def _table(self, group: str = "") -> Table:
        return Table(self._undo, group)

    def next_position(self) -> int:
        """Rising, with gaps where a transaction was undone."""
        self._position += 1
        return self._position

    def transact(self, work: Callable[[], T], *, quiet: bool = False) -> T:
        """Do ``work`` whole or not at all. ``quiet`` leaves ``changed`` alone: for what mostly finds nothing to do."""
        self.at = self.clock()
        try:
            result = work()
        except BaseException:
            while self._undo:
                self._undo.pop()()
            raise
        self.commit()
        if not quiet:
            self.changed.set()
        return result

    def read(self, work: Callable[[], T]) -> T:
        """Do ``work`` on the tables as they are now; it changes nothing."""
        self.at = self.clock()
        return work()

    def commit(self) -> None:
        """Overridden where every committed state is to be looked at."""
        self._undo.clear()
