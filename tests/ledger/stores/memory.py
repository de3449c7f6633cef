"""The desk over the store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from assay.contracts.runs import RunView
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
from services.ledger.memory.sweeping import MemorySweeper
from services.ledger.memory.tables import Table
from services.ledger.settings import LedgerSettings
from tests.faults.simulation.money import unbalanced
from tests.ledger.desk import Desk

KEYS = {"attempts": "attempt_id", "pending_orders": "attempt_id", "runs": "run_id", "workers": "worker_id"}


class MemoryDesk(Desk):
    def __init__(self, settings: LedgerSettings) -> None:
        self.store = store = MemoryStore()
        self.runs: Any = MemoryRuns(store, settings, (f"{number:026d}" for number in count(1)).__next__)
        self.control: Any = MemoryControl(store)
        self.funds: Any = MemoryMoney(store, settings)
        self.attempts: Any = MemoryAttempts(store, settings)
        self.reports: Any = MemoryReports(store, settings)
        self.results: Any = MemoryResults(store, settings)
        self.retention: Any = MemoryRetention(store)
        self.outbox: Any = MemoryOutbox(store)
        self.feeder: Any = MemoryFeeder(store, settings)
        self.sweeper: Any = MemorySweeper(store, settings)

    async def table(self, name: str, **where: Any) -> list[dict[str, Any]]:
        return [row for row in self._table(name) if all(row[column] == value for column, value in where.items())]

    async def tokens(self, attempt_ids: Sequence[str]) -> list[tuple[str, int]]:
        return [(attempt_id, self.store.attempts[attempt_id]["token"]) for attempt_id in attempt_ids]

    async def past(self, table: str, column: str, seconds: float) -> None:
        moment = self.store.clock() - timedelta(seconds=seconds)

        def work() -> None:
            for row in self._table(table):
                if row[column] is not None:
                    self._table(table).change(row[KEYS[table]], **{column: moment})

        self.store.transact(work)

    async def supersede(self, attempt_id: str) -> None:
        token = self.store.attempts[attempt_id]["token"] + 1
        self.store.transact(lambda: self.store.attempts.change(attempt_id, token=token))

    async def queue_all(self, run: RunView) -> None:
        def work() -> None:
            for row in self.store.attempts.of(run.run_id):
                self.store.attempts.change(row["attempt_id"], state="queued", token=1)
            self.store.runs.change(run.run_id, n_queued=run.progress.total, n_waiting=0)

        self.store.transact(work)

    async def audit(self) -> None:
        assert list(unbalanced(self.store)) == []
        for run in self.store.runs:
            attempts = self.store.attempts.of(run["run_id"])
            for column in ("cost_nanousd", "held_nanousd"):
                assert run[column] == sum(row[column] for row in attempts), f"{run['run_id']}: {column}"

    def _table(self, name: str) -> Table:
        return self.store.orders if name == "pending_orders" else getattr(self.store, name)
