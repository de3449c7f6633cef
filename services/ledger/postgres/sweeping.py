"""The sweeper: nothing stays leased to the dead, and no order stays lost."""

from __future__ import annotations

from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import AttemptFinished, AttemptRequeued
from assay.contracts.runs import Progress
from services.ledger.postgres.board import count_in
from services.ledger.postgres.changes import Change, record
from services.ledger.postgres.database import Connection, Database
from services.ledger.postgres.orders import add_orders
from services.ledger.postgres.plans import Plans
from services.ledger.postgres.rows import returning
from services.ledger.settings import LedgerSettings

# By the database's clock, whatever the workers' clocks say.
_EXPIRED = f"""
WITH lost AS (
  SELECT attempt_id, worker_id,
    CASE WHEN state = 'running' THEN tries ELSE gradings END >= $1 AS last,
    format('the lease of worker %s ran out while %s', worker_id, state) AS cause
  FROM attempts WHERE lease_until < clock_timestamp() ORDER BY attempt_id LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET
  state = CASE WHEN lost.last THEN 'done' WHEN a.state = 'running' THEN 'queued' ELSE a.state END,
  outcome = CASE WHEN lost.last THEN 'infra_error' END,
  token = a.token + 1, lease_until = NULL, worker_id = '', reason = lost.cause, changed_at = now()
FROM lost WHERE a.attempt_id = lost.attempt_id RETURNING {returning()}, old.token AS was_token, lost.cause
"""

_LOSE_TRIES = """
UPDATE tries t SET ended_at = now(), ended = 'lost', cause = u.cause
FROM unnest($1::text[], $2::int[], $3::text[]) AS u(attempt_id, token, cause)
WHERE t.attempt_id = u.attempt_id AND t.token = u.token AND t.ended = ''
"""

_FORGOTTEN = """
UPDATE pending_orders SET published_at = NULL WHERE published_at < clock_timestamp() - make_interval(secs => $1)
"""


class PostgresSweeper:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._max_tries = settings.max_tries
        self._patience_seconds = settings.order_patience_seconds

    async def sweep(self) -> int:
        """Take back the leases that ran out and repeat the orders nobody claimed; returns the leases taken back."""
        taken_back = await self._database.transact(self._sweep, quiet=True)
        if taken_back:
            self._database.changed.set()
        return taken_back

    async def _sweep(self, connection: Connection) -> int:
        rows = await connection.fetch(_EXPIRED, self._max_tries)
        if rows:
            ids, tokens = [row["attempt_id"] for row in rows], [row["was_token"] for row in rows]
            await connection.execute(_LOSE_TRIES, ids, tokens, [row["cause"] for row in rows])
            await add_orders(connection, "run", [row for row in rows if row["state"] == State.QUEUED])
            await add_orders(connection, "judge", [row for row in rows if row["state"] == State.GRADING])
            await count_in(connection, self._plans, [(row, {}) for row in rows if row["state"] == State.DONE])
            await record(connection, [Change(row, _fact) for row in rows])
        await connection.execute(_FORGOTTEN, self._patience_seconds)
        return len(rows)


def _fact(attempt: AttemptView, progress: Progress) -> AttemptRequeued | AttemptFinished:
    if attempt.state is State.DONE:
        return AttemptFinished(attempt=attempt, progress=progress)
    return AttemptRequeued(attempt=attempt, progress=progress, cause=attempt.reason, back_to=attempt.state)
