"""Runs: submitting, estimating, starting again; reading and listing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from assay.contracts.ids import new_id
from assay.contracts.rpc import ListRuns, Quote, RestartRun, RunPage, SubmitRun
from assay.contracts.runs import RunPlan, RunView
from services.ledger.errors import unknown_run
from services.ledger.memory.quoting import quote
from services.ledger.memory.rules.views import run_view
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.submitting import submit
from services.ledger.memory.tables import Row
from services.ledger.settings import LedgerSettings


class MemoryRuns:
    """``ids`` names new runs; ids must sort by the time they were made at."""

    def __init__(self, store: MemoryStore, settings: LedgerSettings, ids: Callable[[], str] = new_id) -> None:
        self._store = store
        self._settings = settings
        self._ids = ids

    async def submit(self, order: SubmitRun) -> RunView:
        """Store the run and all its attempts, or find the run that the key already made."""
        return self._store.transact(lambda: submit(self._store, order, self._ids(), self._settings))

    async def quote(self, plan: RunPlan) -> Quote:
        """What the run would cost, and whether it would be taken."""
        return self._store.read(lambda: quote(self._store, plan, self._settings))

    async def restart(self, order: RestartRun) -> RunView:
        """A new run of the same plan; what is done already is taken over, unless ``fresh``."""
        self._row(order.run_id)
        earlier: RunPlan = self._store.plans[order.run_id]["body"]
        limits = order.limits or earlier.limits
        plan = msgspec.structs.replace(earlier, reuse=not order.fresh, restarts=order.run_id, limits=limits)
        return await self.submit(SubmitRun(plan=plan, idempotency_key=order.idempotency_key))

    async def get(self, run_id: str) -> RunView:
        return run_view(self._row(run_id))

    async def page(self, query: ListRuns) -> RunPage:
        found = [row for row in self._store.runs if _matches(row, query)]
        found.sort(key=lambda row: row["run_id"], reverse=True)
        left = [row for row in found if not query.cursor or row["run_id"] < query.cursor]
        items = tuple(run_view(row) for row in left[: query.limit])
        more = items[-1].run_id if len(left) > query.limit else ""
        return RunPage(items=items, next_cursor=more, total=len(found))

    def _row(self, run_id: str) -> Row:
        row = self._store.runs.get(run_id)
        if row is None:
            raise unknown_run(run_id)
        return row


def _matches(row: Row, query: ListRuns) -> bool:
    words = " ".join((row["name"], row["run_id"], row["suite"], *row["models"], *row["task_ids"])).lower()
    return (
        query.status in (None, row["status"])
        and query.suite in ("", row["suite"])
        and (not query.model or query.model in row["models"])
        and query.search.lower() in words
    )
