"""Runs that time runs out for: over their time limit, or standing still; both are said, with the reason."""

from __future__ import annotations

from services.ledger.database.database import Connection
from services.ledger.memory.rules.control import GRACE_SECONDS, overdue
from services.ledger.memory.rules.standstill import stalled
from services.ledger.runs.fact_recording import record
from services.ledger.runs.run_control import cancelled

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
        await cancelled(connection, run["run_id"], overdue(run), GRACE_SECONDS)
    return len(runs)


async def tell_stalled(connection: Connection) -> int:
    """Runs without any change for their no-progress window say so, once until the next change."""
    runs = await connection.fetch(_STILL)
    if not runs:
        return 0
    judges = await connection.fetchval(_JUDGES)
    await record(connection, [], notes=[stalled(run, judges) for run in runs])
    return len(runs)
