"""Plans of runs. A plan never changes, and every ticket needs its run's, so the plans used last are cached."""

from __future__ import annotations

from cachetools import LRUCache

from assay.contracts.runs import RunPlan
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.errors import unknown_run


class _PlanRow(Row):
    body: RunPlan


class Plans:
    def __init__(self, capacity: int = 256) -> None:
        self._cached: LRUCache[str, RunPlan] = LRUCache(capacity)

    async def get(self, connection: Connection, run_id: str) -> RunPlan:
        plan = self._cached.get(run_id)
        if plan is None:
            row = await connection.row(_PlanRow, "SELECT body FROM plans WHERE run_id = $1", run_id)
            if row is None:
                raise unknown_run(run_id)
            plan = self._cached[run_id] = row.body
        return plan
