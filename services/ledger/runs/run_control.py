"""Run control: pausing, resuming, cancelling, other limits. Each is a mark on the run, answered at once however large
the run is; what follows for its attempts is done by whoever sees the mark (``winding.py``), here or in the leader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from assay.contracts.facts import RunCancelling, RunChanged, RunFact, RunPaused, RunResumed
from assay.contracts.money import nanousd
from assay.contracts.rpc import CancelRun, ChangeRun
from assay.contracts.runs import RunLimits, RunStatus, RunView
from services.ledger.database.database import Connection, Database
from services.ledger.errors import run_ended, unknown_run
from services.ledger.memory.rules.changes import fact_row
from services.ledger.memory.rules.control import CANCELLED, ENDED
from services.ledger.memory.rules.rows import Row, from_jsonb, to_jsonb
from services.ledger.memory.rules.views import run_view
from services.ledger.runs.cancellation import recall_paused, wind_down
from services.ledger.runs.fact_recording import store_facts

_MARK = """
UPDATE runs SET {set}, sequence = sequence + 1 WHERE run_id = $1 RETURNING *, now() AS at
"""
_PAUSE = _MARK.format(set="status = 'paused'")
_RESUME = _MARK.format(
    set="waits = NULL, progressed_at = now(), stalled_at = NULL, "
    "status = CASE WHEN started_at IS NULL THEN 'waiting' ELSE 'running' END"
)
_CANCEL = _MARK.format(
    set="status = 'cancelling', reason = $2, waits = NULL, cancel_at = now() + make_interval(secs => $3)"
)
_CHANGE = _MARK.format(
    set="limits = $2, priority = $3, waits = NULL, deadline_at = started_at + make_interval(secs => $4)"
)
_LIMIT = """
UPDATE accounts SET limit_nanousd = $2, warned_percent = 0,
  bound_nanousd = CASE WHEN $2::bigint IS NULL THEN NULL ELSE greatest($2, posted_nanousd + held_nanousd) END
WHERE account = $1
"""

Mark = Callable[[Connection, Row], Awaitable[RunView]]


class PostgresControl:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, run_id: str) -> RunView:
        """Nothing new begins; what was ordered and not begun waits again."""

        async def mark(connection: Connection, run: Row) -> RunView:
            if run["status"] in (RunStatus.PAUSED, RunStatus.CANCELLING):
                return run_view(run)
            return await _told(connection, await connection.fetchrow(_PAUSE, run_id), RunPaused)

        await self._mark(run_id, mark)
        await self._database.transact(recall_paused)
        return await self._get(run_id)

    async def resume(self, run_id: str) -> RunView:
        async def mark(connection: Connection, run: Row) -> RunView:
            if run["status"] != RunStatus.PAUSED:
                return run_view(run)
            return await _told(connection, await connection.fetchrow(_RESUME, run_id), RunResumed)

        return await self._mark(run_id, mark)

    async def cancel(self, order: CancelRun) -> RunView:
        """Attempts not begun end now, as many as one transaction takes well; a run that has ended is left alone."""

        async def mark(connection: Connection, run: Row) -> RunView:
            if run["status"] in (*ENDED, RunStatus.CANCELLING):
                return run_view(run)
            return await cancelled(connection, run["run_id"], CANCELLED, order.grace_seconds)

        view = await self._mark(order.run_id, mark, also_ended=True)
        if view.status is RunStatus.CANCELLING:
            await self._database.transact(wind_down)
        return await self._get(order.run_id)

    async def change(self, order: ChangeRun) -> RunView:
        """Other limits or another priority. A limit below what is spent and held already lets nothing new begin."""

        async def mark(connection: Connection, run: Row) -> RunView:
            limits = order.limits or from_jsonb(RunLimits, run["limits"])
            priority = order.priority or run["priority"]
            amount = None if limits.cost_usd is None else nanousd(limits.cost_usd)
            await connection.execute(_LIMIT, f"run:{order.run_id}", amount)
            row = await connection.fetchrow(_CHANGE, order.run_id, to_jsonb(limits), priority, limits.seconds)
            return await _told(connection, row, RunChanged)

        return await self._mark(order.run_id, mark)

    async def _mark(self, run_id: str, mark: Mark, *, also_ended: bool = False) -> RunView:
        async def work(connection: Connection) -> RunView:
            # An account is always locked before its run.
            await connection.execute("SELECT 1 FROM accounts WHERE account = $1 FOR UPDATE", f"run:{run_id}")
            run = await connection.fetchrow("SELECT * FROM runs WHERE run_id = $1 FOR UPDATE", run_id)
            if run is None:
                raise unknown_run(run_id)
            if run["status"] in ENDED and not also_ended:
                raise run_ended(run_id, run["status"])
            return await mark(connection, run)

        return await self._database.transact(work)

    async def _get(self, run_id: str) -> RunView:
        async with self._database.session() as connection:
            row = await connection.fetchrow("SELECT * FROM runs WHERE run_id = $1", run_id)
        assert row is not None
        return run_view(row)


async def cancelled(connection: Connection, run_id: str, reason: str, grace_seconds: float) -> RunView:
    """Mark the run, whose row is locked: it is being cancelled, for that reason."""
    row = await connection.fetchrow(_CANCEL, run_id, reason, grace_seconds)
    return await _told(connection, row, RunCancelling)


async def _told(connection: Connection, row: Row | None, fact: Callable[..., RunFact]) -> RunView:
    assert row is not None
    view = run_view(row)
    await store_facts(connection, [fact_row(row, view.sequence, view.run_id, fact(run=view))])
    return view
