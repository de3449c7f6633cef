"""What follows for the attempts of a run that is cancelled or paused.

Done in batches: a run of any size is marked at once, and its attempts follow as fast as the database takes them.
"""

from __future__ import annotations

from services.ledger.attempts.transitions import cancel, cancel_ungraded, recall
from services.ledger.database.connection import Connection
from services.ledger.runs.fact_recording import record

BATCH = 5000

_PAUSED = """
SELECT o.attempt_id FROM pending_orders o JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id)
WHERE o.stage = 'run' AND a.state = 'queued' AND r.status = 'paused' ORDER BY 1 LIMIT $1
"""


async def cancel_attempts(connection: Connection) -> int:
    """End attempts of runs that are being cancelled; returns how many."""
    cancelled = await cancel(connection, BATCH)
    ungraded = await cancel_ungraded(connection, BATCH)
    await record(connection, ungraded, cancelled=cancelled)
    return sum(each.count for each in cancelled) + len(ungraded)


async def recall_paused(connection: Connection) -> int:
    """Attempts that paused runs had ordered wait again; returns how many."""
    ids = await connection.values(str, _PAUSED, BATCH)
    transitions = await recall(connection, dict.fromkeys(ids, "the run is paused"))
    await record(connection, transitions)
    return len(transitions)
