"""The sweeper: nothing stays leased to the dead, and no order stays lost."""

from __future__ import annotations

from assay.contracts.attempts import State
from services.ledger.database.database import Connection, Database
from services.ledger.leaderboard.leaderboard_write import count_in
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import fact_of_expiry
from services.ledger.memory.rules.outbox import LONGEST_AT
from services.ledger.memory.rules.reports import LEASES_FOR_A_LATE_REPORT
from services.ledger.money.call_booking import book_lost
from services.ledger.outbox.orders import add_orders
from services.ledger.attempts.columns import returning
from services.ledger.runs.cancellation import BATCH, recall_paused, wind_down
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.stalled_runs import end_overdue, tell_stalled
from services.ledger.settings import LedgerSettings

# By the database's clock, whatever the workers' clocks say; as of the statement, for that an index can be asked for.
_EXPIRED = f"""
WITH lost AS (
  SELECT attempt_id, worker_id,
    CASE WHEN state = 'running' THEN tries ELSE gradings END >= $1 AS last,
    format('the lease of worker %s ran out while %s', worker_id, state) AS cause
  FROM attempts WHERE lease_until < statement_timestamp() ORDER BY attempt_id LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET
  state = CASE WHEN lost.last THEN 'done' WHEN a.state = 'running' THEN 'queued' ELSE a.state END,
  outcome = CASE WHEN lost.last THEN 'infra_error' END,
  token = a.token + 1, lease_until = NULL, worker_id = '', reason = lost.cause, changed_at = now()
FROM lost WHERE a.attempt_id = lost.attempt_id RETURNING {returning()}, old.token AS was_token, lost.cause
"""

_RENEW = """
UPDATE attempts SET lease_until = statement_timestamp() + make_interval(secs => $1)
WHERE lease_until < statement_timestamp() + make_interval(secs => $1)
"""

_LOSE_TRIES = """
UPDATE tries t SET ended_at = now(), ended = 'lost', cause = u.cause
FROM unnest($1::text[], $2::int[], $3::text[]) AS u(attempt_id, token, cause)
WHERE t.attempt_id = u.attempt_id AND t.token = u.token AND t.ended = ''
"""

# Late reports are waited for: they say what was spent, where otherwise the worst must be taken for it.
_ORPHANS = """
SELECT h.*, a.model FROM holds h JOIN attempts a USING (attempt_id)
WHERE h.state = 'held' AND (a.token <> h.token OR a.state <> 'running')
  AND a.changed_at < clock_timestamp() - make_interval(secs => $1)
ORDER BY h.attempt_id LIMIT 500 FOR UPDATE OF a, h SKIP LOCKED
"""

_FORGOTTEN = """
UPDATE pending_orders SET published_at = NULL, urgent = false
WHERE published_at < clock_timestamp() - make_interval(secs => $1 * power(2, least(publishes, $2) - 1))
"""


class PostgresSweeper:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._max_tries = settings.max_tries
        self._patience_seconds = settings.order_patience_seconds
        self._lease_seconds = settings.lease_seconds
        self._orphan_seconds = LEASES_FOR_A_LATE_REPORT * settings.lease_seconds

    async def renew(self) -> int:
        async def work(connection: Connection) -> int:
            return int((await connection.execute(_RENEW, self._lease_seconds)).rpartition(" ")[2])

        return await self._database.transact(work, quiet=True)

    async def sweep(self) -> int:
        """Everything that only time brings about; returns the leases taken back."""
        taken_back = await self._database.transact(self._sweep, quiet=True)
        ended = await self._database.transact(end_overdue, quiet=True)
        while await self._database.transact(wind_down, quiet=True) == BATCH:
            self._database.changed.set()
        recalled = await self._database.transact(recall_paused, quiet=True)
        stalled = await self._database.transact(tell_stalled, quiet=True)
        if taken_back or ended or recalled or stalled:
            self._database.changed.set()
        return taken_back

    async def _sweep(self, connection: Connection) -> int:
        await self._settle_orphans(connection)
        rows = await connection.fetch(_EXPIRED, self._max_tries)
        if rows:
            ids, tokens = [row["attempt_id"] for row in rows], [row["was_token"] for row in rows]
            await connection.execute(_LOSE_TRIES, ids, tokens, [row["cause"] for row in rows])
            await add_orders(connection, "run", [row for row in rows if row["state"] == State.QUEUED])
            await add_orders(connection, "judge", [row for row in rows if row["state"] == State.GRADING])
            await count_in(connection, self._plans, [(row, {}) for row in rows if row["state"] == State.DONE])
            await record(connection, [Change(row, fact_of_expiry) for row in rows])
        await connection.execute(_FORGOTTEN, self._patience_seconds, LONGEST_AT)
        return len(rows)

    async def _settle_orphans(self, connection: Connection) -> None:
        """Holds of tries that are over and were never reported on."""
        holds = await connection.fetch(_ORPHANS, self._orphan_seconds)
        booked = await book_lost(connection, self._plans, holds)
        await record(connection, [], booked.spends, booked.notes)
