"""Run control: pausing, resuming, cancelling, and new limits.

Each is a mark on the run, made at once however large the run is. What follows for its attempts (``cancellation.py``) is
done in batches, here or by the leader.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from assay.contracts.facts import RunCancelling, RunChanged, RunFact, RunPaused, RunResumed
from assay.contracts.money import nanousd
from assay.contracts.rpc import CancelRun, ChangeRun
from assay.contracts.runs import CancelGrading, RunLimits, RunStatus, RunView, WaitReason
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, columns, to_json
from services.ledger.errors import run_ended, unknown_run
from services.ledger.money.account import run_account
from services.ledger.money.transfers import lock_accounts, set_limit
from services.ledger.runs.cancellation import cancel_attempts, recall_paused
from services.ledger.runs.fact_recording import fact_row, store_facts
from services.ledger.runs.rows import ENDED, SELECT_RUN, RunRow

_MARK = f"UPDATE runs SET {{set}}, sequence = sequence + 1 WHERE run_id = $1 RETURNING now(), {columns(RunRow)}"
_PAUSE = _MARK.format(
    set=f"status = 'paused', waits = jsonb_build_object('reason', '{WaitReason.PAUSED}', 'detail', $2::text, "
    "'since', now())"
)
# A stopped model with attempts left gets another chance.
_RESUME = _MARK.format(
    set="waits = NULL, progressed_at = now(), stalled_at = NULL, "
    "status = CASE WHEN started_at IS NULL THEN 'waiting' ELSE 'running' END, "
    "failing_models = (SELECT coalesce(jsonb_agg(f), '[]') FROM jsonb_array_elements(failing_models) f WHERE "
    "NOT EXISTS (SELECT FROM attempts a WHERE a.run_id = runs.run_id AND a.model = f->>'model' AND state = 'waiting'))"
)
_CANCEL = _MARK.format(
    set="status = 'cancelling', reason = $2, waits = NULL, cancel_at = now() + make_interval(secs => $3), "
    "cancel_grading = $4"
)
_END_GRADINGS = """
UPDATE runs SET cancel_grading = 'none', cancel_at = least(cancel_at, now() + make_interval(secs => $2))
WHERE run_id = $1
"""
_CHANGE = _MARK.format(
    set="limits = $2, priority = $3, waits = CASE WHEN status = 'paused' THEN waits END, "
    "deadline_at = started_at + make_interval(secs => $4)"
)

CANCELLED = "the run was cancelled"
PAUSED = "the run is paused; `assay runs resume` continues it"

Mark = Callable[[Connection, RunRow], Awaitable[RunView]]


class _Marked(Row):
    at: datetime
    run: RunRow


class RunControl:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, run_id: str) -> RunView:
        """Nothing new begins; attempts that were ordered but not begun wait again."""

        async def mark(connection: Connection, run: RunRow) -> RunView:
            if run.status in (RunStatus.PAUSED, RunStatus.CANCELLING):
                return run.view()
            return await _mark(connection, RunPaused, _PAUSE, run_id, PAUSED)

        await self._change(run_id, mark)
        await self._database.transact(recall_paused)
        return await self._get(run_id)

    async def resume(self, run_id: str) -> RunView:
        async def mark(connection: Connection, run: RunRow) -> RunView:
            if run.status is not RunStatus.PAUSED:
                return run.view()
            return await _mark(connection, RunResumed, _RESUME, run_id)

        return await self._change(run_id, mark)

    async def cancel(self, request: CancelRun) -> RunView:
        """Attempts that have not begun end now, up to one batch; executed ones are graded first. A run that has ended
        stays as it is."""

        async def mark(connection: Connection, run: RunRow) -> RunView:
            if run.status is RunStatus.CANCELLING and request.grading is CancelGrading.NONE:
                await connection.execute(_END_GRADINGS, run.run_id, request.grace_seconds)
            if run.status in (*ENDED, RunStatus.CANCELLING):
                return run.view()
            return await mark_cancelled(connection, run.run_id, CANCELLED, request.grace_seconds, request.grading)

        view = await self._change(request.run_id, mark, ended=True)
        if view.status is RunStatus.CANCELLING:
            await self._database.transact(cancel_attempts)
        return await self._get(request.run_id)

    async def change(self, request: ChangeRun) -> RunView:
        """New limits or a new priority. With a limit below what is spent and held already nothing new begins."""

        async def mark(connection: Connection, run: RunRow) -> RunView:
            limits = changed_limits(run.limits, request)
            amount = None if limits.cost_usd is None else nanousd(limits.cost_usd)
            await set_limit(connection, run_account(request.run_id), amount)
            values = (to_json(limits), request.priority or run.priority, limits.seconds)
            return await _mark(connection, RunChanged, _CHANGE, request.run_id, *values)

        return await self._change(request.run_id, mark)

    async def _change(self, run_id: str, mark: Mark, *, ended: bool = False) -> RunView:
        """Let ``mark`` change the locked run. Raises Refused for a run that has ended, unless ``ended`` allows it."""

        async def work(connection: Connection) -> RunView:
            await lock_accounts(connection, [run_account(run_id)])  # always before its run
            run = await connection.row(RunRow, f"{SELECT_RUN} FOR UPDATE", run_id)
            if run is None:
                raise unknown_run(run_id)
            if run.status in ENDED and not ended:
                raise run_ended(run_id, run.status)
            return await mark(connection, run)

        return await self._database.transact(work)

    async def _get(self, run_id: str) -> RunView:
        async with self._database.session() as connection:
            return (await connection.one(RunRow, SELECT_RUN, run_id)).view()


def changed_limits(limits: RunLimits, request: ChangeRun) -> RunLimits:
    """The run's limits with the requested changes."""
    limits = request.limits or limits
    return request.limits_change.apply_to(limits) if request.limits_change else limits


async def mark_cancelled(
    connection: Connection,
    run_id: str,
    reason: str,
    grace_seconds: float,
    grading: CancelGrading = CancelGrading.FREE,
) -> RunView:
    """Begin to cancel the run, whose row is locked."""
    return await _mark(connection, RunCancelling, _CANCEL, run_id, reason, grace_seconds, grading)


async def _mark(
    connection: Connection, fact: Callable[..., RunFact], statement: str, run_id: str, *arguments: object
) -> RunView:
    marked = await connection.one(_Marked, statement, run_id, *arguments)
    view = marked.run.view()
    await store_facts(connection, [fact_row(marked.run, marked.at, view.sequence, run_id, fact(run=view))])
    return view
