"""What follows for the attempts of a run that is paused, being cancelled, out of time, or out of money. Done in
batches: a run of any size is marked at once, and wound down as fast as the database takes it."""

from __future__ import annotations

from services.ledger.database.database import Connection
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import finished, recalled
from services.ledger.money.claim_funding import recall
from services.ledger.attempts.columns import returning
from services.ledger.runs.fact_recording import record

BATCH = 5000

# Not begun: at once. Begun: when the grace is over; their tokens are raised, so that their workers hear of it.
_CANCEL = f"""
WITH ending AS (
  SELECT a.attempt_id, r.reason FROM runs r CROSS JOIN LATERAL (
    SELECT attempt_id FROM attempts a WHERE a.run_id = r.run_id
      AND (a.state IN ('waiting', 'queued') OR (a.state <> 'done' AND r.cancel_at <= clock_timestamp()))
    ORDER BY ordinal LIMIT $1 FOR UPDATE SKIP LOCKED
  ) a WHERE r.status = 'cancelling'
), gone AS (
  DELETE FROM pending_orders o USING ending WHERE o.attempt_id = ending.attempt_id
)
UPDATE attempts a SET state = 'done', outcome = 'cancelled', token = a.token + 1, lease_until = NULL, worker_id = '',
  reason = ending.reason, changed_at = now()
FROM ending WHERE a.attempt_id = ending.attempt_id RETURNING {returning("attempt_id, run_id, state, outcome")}
"""

_PAUSED = """
SELECT o.attempt_id FROM pending_orders o JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id)
WHERE o.stage = 'run' AND a.state = 'queued' AND r.status = 'paused' ORDER BY 1 LIMIT $1
"""

_LIMITED = f"""
WITH ending AS (
  SELECT a.attempt_id, u.reason FROM attempts a
  JOIN unnest($1::text[], $2::text[]) AS u(attempt_id, reason) USING (attempt_id)
  WHERE a.state = 'waiting' ORDER BY a.attempt_id FOR UPDATE OF a
)
UPDATE attempts a SET state = 'done', outcome = 'limit', score = NULL, token = a.token + 1, reason = ending.reason,
  changed_at = now()
FROM ending WHERE a.attempt_id = ending.attempt_id RETURNING {returning()}
"""


async def wind_down(connection: Connection) -> int:
    """End attempts of runs that are being cancelled; returns how many. The run's own fact tells of them all."""
    rows = await connection.fetch(_CANCEL, BATCH)
    await record(connection, [], ended=rows)
    return len(rows)


async def recall_paused(connection: Connection) -> int:
    """What paused runs had ordered waits again; returns how many attempts."""
    ids = [row["attempt_id"] for row in await connection.fetch(_PAUSED, BATCH)]
    rows = [row for row in await recall(connection, ids) if row["was"] == "queued"]
    await record(connection, [Change(row, recalled("the run is paused")) for row in rows])
    return len(rows)


async def end_limited(connection: Connection, reasons: dict[str, str]) -> list[Change]:
    """These waiting attempts will never have money: they end as ``limit``, each with its reason."""
    rows = await connection.fetch(_LIMITED, list(reasons), list(reasons.values()))
    return [Change(row, finished) for row in rows]
