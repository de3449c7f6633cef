"""Run control: pausing, resuming, cancelling, other limits. Each is a mark on the run; what follows for its attempts is
done by whoever sees the mark (``winding.py``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from assay.contracts.facts import RunCancelling, RunChanged, RunFact, RunPaused, RunResumed
from assay.contracts.money import nanousd
from assay.contracts.rpc import CancelRun, ChangeRun
from assay.contracts.runs import RunLimits, RunStatus, RunView
from services.ledger.errors import run_ended, unknown_run
from services.ledger.memory.accounts import limit_account
from services.ledger.memory.changes import store_facts
from services.ledger.memory.rules.changes import fact_row
from services.ledger.memory.rules.control import CANCELLED, ENDED
from services.ledger.memory.rules.rows import from_jsonb, to_jsonb
from services.ledger.memory.rules.views import run_view
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.memory.winding import recall_paused, wind_down


class MemoryControl:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def pause(self, run_id: str) -> RunView:
        """Nothing new begins; what was ordered and not begun waits again."""

        def mark(run: Row) -> RunView:
            if run["status"] in (RunStatus.PAUSED, RunStatus.CANCELLING):
                return run_view(run)
            return _mark(self._store, run_id, RunPaused, status="paused")

        self._marked(run_id, mark)
        self._store.transact(lambda: recall_paused(self._store))
        return run_view(self._store.runs[run_id])

    async def resume(self, run_id: str) -> RunView:
        def mark(run: Row) -> RunView:
            if run["status"] != RunStatus.PAUSED:
                return run_view(run)
            status = "waiting" if run["started_at"] is None else "running"
            anew = {"waits": None, "progressed_at": self._store.at, "stalled_at": None}
            return _mark(self._store, run_id, RunResumed, status=status, **anew)

        return self._marked(run_id, mark)

    async def cancel(self, order: CancelRun) -> RunView:
        """Attempts not begun end now; a run that has ended is left alone."""

        def mark(run: Row) -> RunView:
            if run["status"] in (*ENDED, RunStatus.CANCELLING):
                return run_view(run)
            return cancelled(self._store, run["run_id"], CANCELLED, order.grace_seconds)

        view = self._marked(order.run_id, mark, also_ended=True)
        if view.status is RunStatus.CANCELLING:
            self._store.transact(lambda: wind_down(self._store))
        return run_view(self._store.runs[order.run_id])

    async def change(self, order: ChangeRun) -> RunView:
        """Other limits or another priority. A limit below what is spent and held already lets nothing new begin."""

        def mark(run: Row) -> RunView:
            limits = order.limits or from_jsonb(RunLimits, run["limits"])
            priority = order.priority or run["priority"]
            amount = None if limits.cost_usd is None else nanousd(limits.cost_usd)
            limit_account(self._store, f"run:{order.run_id}", amount)
            begun = run["started_at"]
            deadline = None if begun is None else begun + timedelta(seconds=limits.seconds)
            new = {"limits": to_jsonb(limits), "priority": priority, "waits": None, "deadline_at": deadline}
            return _mark(self._store, order.run_id, RunChanged, **new)

        return self._marked(order.run_id, mark)

    def _marked(self, run_id: str, mark: Callable[[Row], RunView], *, also_ended: bool = False) -> RunView:
        def work() -> RunView:
            run = self._store.runs.get(run_id)
            if run is None:
                raise unknown_run(run_id)
            if run["status"] in ENDED and not also_ended:
                raise run_ended(run_id, run["status"])
            return mark(run)

        return self._store.transact(work)


def cancelled(store: MemoryStore, run_id: str, reason: str, grace_seconds: float) -> RunView:
    """Mark the run: it is being cancelled, for that reason."""
    cancel_at = store.at + timedelta(seconds=grace_seconds)
    return _mark(store, run_id, RunCancelling, status="cancelling", reason=reason, waits=None, cancel_at=cancel_at)


def _mark(store: MemoryStore, run_id: str, fact: Callable[..., RunFact], **columns: Any) -> RunView:
    row = store.runs.change(run_id, **columns, sequence=store.runs[run_id]["sequence"] + 1)
    view = run_view(row)
    store_facts(store, [fact_row({**row, "at": store.at}, view.sequence, run_id, fact(run=view))])
    return view
