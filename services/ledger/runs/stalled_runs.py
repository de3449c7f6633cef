"""Runs that exceed their time limit are cancelled; runs that make no progress report why."""

from __future__ import annotations

from assay.contracts.attempts import Stage
from assay.contracts.facts import RunStalled
from assay.contracts.runs import RunLimits, RunView, Wait, WaitReason
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.runs.fact_recording import record
from services.ledger.runs.run_control import mark_cancelled
from services.ledger.runs.run_counters import RunFact
from services.ledger.workers.live_workers import live_slots

GRACE_SECONDS = 10.0
"""How long running attempts have to finish after their run's time limit."""

_OVERDUE = """
SELECT run_id, limits FROM runs WHERE status IN ('waiting', 'running', 'paused') AND deadline_at < clock_timestamp()
ORDER BY run_id FOR UPDATE SKIP LOCKED
"""

_STALLED = f"""
UPDATE runs SET stalled_at = now() FROM (
  SELECT run_id, extract(epoch FROM clock_timestamp() - progressed_at)::float8 AS seconds FROM runs
  WHERE status IN ('waiting', 'running', 'cancelling') AND stalled_at IS NULL
    AND progressed_at < clock_timestamp() - make_interval(
      secs => coalesce((limits->>'no_progress_seconds')::float8, {RunLimits().no_progress_seconds}))
  ORDER BY run_id FOR UPDATE SKIP LOCKED
) still WHERE runs.run_id = still.run_id
RETURNING runs.run_id, runs.waits, still.seconds, n_waiting, n_queued, n_running, n_executed + n_grading
"""


class _OverdueRun(Row):
    run_id: str
    limits: RunLimits


class StalledRun(Row):
    """A run without any change for ``seconds``, and how many of its attempts are in which state."""

    run_id: str
    waits: Wait | None
    seconds: float
    waiting: int
    queued: int
    running: int
    ungraded: int


async def cancel_overdue(connection: Connection) -> int:
    """Cancel runs that exceed their time limit; returns how many."""
    runs = await connection.rows(_OverdueRun, _OVERDUE)
    for run in runs:
        reason = f"the run's time limit of {run.limits.seconds:g} s is over (limits.seconds)"
        await mark_cancelled(connection, run.run_id, reason, GRACE_SECONDS)
    return len(runs)


async def report_stalled(connection: Connection, silence_seconds: float) -> int:
    """Report runs without progress for the time that their limits allow, once until their next change."""
    runs = await connection.rows(StalledRun, _STALLED)
    if not runs:
        return 0
    judges = (await live_slots(connection, silence_seconds)).get(Stage.JUDGE, 0)
    await record(connection, [], run_facts=[stalled_fact(run, judges) for run in runs])
    return len(runs)


def stalled_fact(stalled: StalledRun, judge_slots: int) -> RunFact:
    def fact(run: RunView) -> RunStalled:
        return RunStalled(run=run, seconds=stalled.seconds, reason=stall_reason(stalled, judge_slots))

    return RunFact(stalled.run_id, fact)


def stall_reason(run: StalledRun, judge_slots: int) -> str:
    if run.ungraded and not judge_slots:
        return f"{_attempts(run.ungraded)} to be graded, and no judge is alive ({WaitReason.NO_JUDGE})"
    if run.waits is not None:
        waiting = run.running if run.waits.reason is WaitReason.OUTAGE else run.waiting
        return f"{_attempts(waiting)} waiting: {run.waits.detail} ({run.waits.reason})"
    if run.running:
        return f"{_attempts(run.running)} running, and none has ended: live output says what they wait for"
    if run.queued:
        return f"{_attempts(run.queued)} queued, and no runner takes them: all are busy, or the bus is unreachable"
    return f"{_attempts(run.waiting)} waiting for their turn"


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"
