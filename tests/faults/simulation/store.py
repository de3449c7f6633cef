"""The ledger's memory store as a simulation has it: on the simulation's time, looked at after every commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from services.ledger.memory.attempts import MemoryAttempts
from services.ledger.memory.control import MemoryControl
from services.ledger.memory.feeding import MemoryFeeder
from services.ledger.memory.money import MemoryMoney
from services.ledger.memory.outbox import MemoryOutbox
from services.ledger.memory.reports import MemoryReports
from services.ledger.memory.results import MemoryResults
from services.ledger.memory.retention import MemoryRetention
from services.ledger.memory.runs import MemoryRuns
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.strays import MemoryStrays
from services.ledger.memory.sweeping import MemorySweeper
from services.ledger.settings import LedgerSettings
from tests.faults.simulation.processes import Process

EPOCH = datetime(2031, 5, 17, 21, 59, 50, tzinfo=UTC)
"""When simulations begin, by the store's clock: years from what the services' own clocks say, which must not matter
(case 27), and ten seconds before midnight in Berlin."""


class WatchedStore(MemoryStore):
    """``watch`` is called with every state that is committed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.watch: Callable[[], None] = lambda: None
        super().__init__(clock)

    def commit(self) -> None:
        super().commit()
        self.watch()


class Stores:
    """The ports of one store, and who leads."""

    epoch = EPOCH

    def __init__(self, settings: LedgerSettings) -> None:
        self.memory = memory = WatchedStore(self.now)
        self.leadership: list[Process] = []
        self.runs = MemoryRuns(memory, settings, self._new_id)
        self.control = MemoryControl(memory)
        self.funds = MemoryMoney(memory, settings)
        self.attempts = MemoryAttempts(memory, settings)
        self.reports = MemoryReports(memory, settings)
        self.results = MemoryResults(memory, settings)
        self.retention = MemoryRetention(memory)
        self.outbox = MemoryOutbox(memory)
        self.feeder = MemoryFeeder(memory, settings)
        self.sweeper = MemorySweeper(memory, settings)
        self.strays = MemoryStrays(memory, patience_seconds=8.0)
        self._ids = 0

    async def refresh(self) -> None:
        """``memory`` is to be what the store holds; here it is the store."""

    @property
    def changed(self) -> asyncio.Event:
        return self.memory.changed

    def ports(self) -> dict[str, Any]:
        names = ("runs", "control", "funds", "attempts", "reports", "results", "retention")
        return {name: getattr(self, name) for name in names}

    def duties(self) -> dict[str, Any]:
        return {"outbox": self.outbox, "feeder": self.feeder, "sweeper": self.sweeper, "strays": self.strays}

    @property
    def at_rest(self) -> bool:
        """Whether every run has ended and nothing is left to be told."""
        memory = self.memory
        ended = all(run["status"] in ("finished", "cancelled") for run in memory.runs)
        settled = not any(hold["state"] == "held" for hold in memory.holds)
        return ended and settled and not len(memory.pending_facts) and not len(memory.orders)

    def now(self) -> datetime:
        return self.epoch + timedelta(seconds=asyncio.get_running_loop().time())

    def _new_id(self) -> str:
        self._ids += 1
        return f"run{self._ids:023d}"
