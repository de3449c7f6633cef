"""Runs that time runs out for: over their time limit, or standing still; both are said, with the reason."""

from __future__ import annotations

from functools import partial

from assay.contracts.facts import RunStalled
from assay.contracts.runs import RunLimits, RunView, Wait, WaitReason
from services.ledger.postgres.changes import record
from services.ledger.postgres.control import cancelled
from services.ledger.postgres.database import Connection
from services.ledger.rules.changes import Note
from services.ledger.rules.rows import Row, from_jsonb

GRACE_SECONDS = 10.0

_OVERDUE = """
SELECT run_id, limits FROM runs WHERE status IN ('waiting', 'running', 'paused') AND deadline_at < clock_timestamp()
ORDER BY run_id FOR UPDATE SKIP LOCKED
"""

_STILL = """
UPDATE runs SET stalled_at = now() FROM (
  SELECT run_id, extract(epoch FROM clock_timestamp() - progressed_at)::float8 AS seconds FROM runs
  WHERE status IN ('waiting', 'running', 'cancelling') AND stalled_at IS NULL
    AND progressed_at < clock_timestamp()
      - make_interval(secs => coalesce((limits->>'no_progress_seconds')::float8, 600))
  ORDER BY run_id FOR UPDATE SKIP LOCKED
) still WHERE runs.run_id = still.run_id
RETURNING runs.run_id, runs.waits, still.seconds, n_waiting, n_queued, n_running, n_executed, n_grading
"""

_JUDGES = """
SELECT coalesce(sum(slots), 0)::int FROM workers
WHERE stage = 'judge' AND seen_at > clock_timestamp() - interval '15 s'
"""


async def end_overdue(connection: Connection) -> int:
    """Runs over their time limit are cancelled; what is under way has the usual seconds left."""
    runs = await connection.fetch(_OVERDUE)
    for run in runs:
        seconds = from_jsonb(RunLimits, run["limits"]).seconds
        reason = f"the run's time limit of {seconds:g} s is over (limits.seconds)"
        await cancelled(connection, run["run_id"], reason, GRACE_SECONDS)
    return len(runs)


async def tell_stalled(connection: Connection) -> int:
    """Runs without any change for their no-progress window say so, once until the next change."""
    runs = await connection.fetch(_STILL)
    if not runs:
        return 0
    judges = await connection.fetchval(_JUDGES)
    await record(connection, [], notes=[Note(run["run_id"], partial(_stalled, run, judges)) for run in runs])
    return len(runs)


def _stalled(row: Row, judges: int, run: RunView) -> RunStalled:
    return RunStalled(run=run, seconds=row["seconds"], reason=_why(row, judges))


def _why(run: Row, judges: int) -> str:
    wait = from_jsonb(Wait, run["waits"])
    if run["n_executed"] + run["n_grading"] and not judges:
        return f"{run['n_executed'] + run['n_grading']} attempts wait to be graded, and no judge is alive ({NO_JUDGE})"
    if wait is not None:
        return f"{run['n_waiting']} attempts wait: {wait.detail} ({wait.reason})"
    if run["n_running"]:
        return f"{run['n_running']} attempts are under way, and their runner has said nothing new of them"
    if run["n_queued"]:
        return f"{run['n_queued']} attempts are ordered and no runner has taken them: all are busy, or the bus is away"
    return f"{run['n_waiting']} attempts wait for their turn"


NO_JUDGE = WaitReason.NO_JUDGE
