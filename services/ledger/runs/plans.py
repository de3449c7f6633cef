"""Plans of runs, remembered: a plan never changes, and every ticket needs its run's."""

from __future__ import annotations

from collections import OrderedDict

from assay.contracts.runs import RunPlan
from services.ledger.database.database import Connection
from services.ledger.memory.rules.rows import from_jsonb


class Plans:
    def __init__(self, capacity: int = 256) -> None:
        self._capacity = capacity
        self._known: OrderedDict[str, RunPlan] = OrderedDict()

    async def of(self, connection: Connection, run_id: str) -> RunPlan:
        plan = self._known.pop(run_id, None)
        if plan is None:
            body = await connection.fetchval("SELECT body FROM plans WHERE run_id = $1", run_id)
            plan = from_jsonb(RunPlan, body)
        self._known[run_id] = plan
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return plan
