"""Orphaned holds: of tries and gradings that ended without a report. They are posted as spent."""

from __future__ import annotations

from services.ledger.database.connection import Connection
from services.ledger.database.rows import columns
from services.ledger.money.call_booking import OrphanedHold, book_lost
from services.ledger.money.holds import HoldRow
from services.ledger.money.judge_spending import settle_orphaned_judging
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans

LEASES_FOR_A_LATE_REPORT = 2
"""How many lease times a late report is waited for: it says what was really spent."""

_ORPHANS = f"""
SELECT {columns(HoldRow, "h")}, a.model FROM holds h JOIN attempts a USING (attempt_id)
WHERE h.state = 'held' AND (a.token <> h.token OR a.state <> 'running')
  AND a.changed_at < clock_timestamp() - make_interval(secs => $1)
ORDER BY h.attempt_id LIMIT 500 FOR UPDATE OF a, h SKIP LOCKED
"""


async def settle_orphans(connection: Connection, plans: Plans, lease_seconds: float) -> None:
    patience_seconds = LEASES_FOR_A_LATE_REPORT * lease_seconds
    holds = await connection.rows(OrphanedHold, _ORPHANS, patience_seconds)
    booked = await book_lost(connection, plans, holds)
    await record(connection, [], booked.spends, booked.run_facts)
    await settle_orphaned_judging(connection, plans, patience_seconds)
