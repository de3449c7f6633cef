"""The feeder: releases waiting attempts, round robin over runs, so that the work queue stays short."""

from __future__ import annotations

from assay.contracts.attempts import AttemptView
from assay.contracts.facts import AttemptQueued
from assay.contracts.runs import Progress
from services.ledger.postgres.changes import Change, record
from services.ledger.postgres.database import Connection, Database
from services.ledger.postgres.orders import add_orders
from services.ledger.postgres.rows import returning
from services.ledger.settings import LedgerSettings

AHEAD = 2
"""Orders kept out, in multiples of the live runners' slots: enough that none waits, few enough to pause at once."""

_ROOM = f"""
SELECT {AHEAD} * coalesce((SELECT sum(slots) FROM workers
    WHERE stage = 'run' AND seen_at > clock_timestamp() - make_interval(secs => $1)), 0)
  - (SELECT count(*) FROM pending_orders WHERE stage = 'run')
"""

_FEED = f"""
WITH picked AS (
  SELECT w.attempt_id FROM (SELECT run_id FROM runs WHERE status IN ('waiting', 'running') AND n_waiting > 0) r
  CROSS JOIN LATERAL (
    SELECT a.attempt_id, row_number() OVER (ORDER BY a.ordinal) AS turn FROM attempts a
    WHERE a.run_id = r.run_id AND a.state = 'waiting' ORDER BY a.ordinal LIMIT $1
  ) w
  ORDER BY w.turn, r.run_id LIMIT $1
), locked AS (
  SELECT attempt_id FROM attempts JOIN picked USING (attempt_id)
  WHERE state = 'waiting' ORDER BY attempt_id FOR UPDATE OF attempts SKIP LOCKED
)
UPDATE attempts a SET state = 'queued', token = a.token + 1, changed_at = now()
FROM locked WHERE a.attempt_id = locked.attempt_id RETURNING {returning()}
"""


class PostgresFeeder:
    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._silence_seconds = settings.worker_silence_seconds

    async def feed(self) -> int:
        """Release as many attempts as the live runners have room for; returns how many."""

        async def work(connection: Connection) -> int:
            room = int(await connection.fetchval(_ROOM, self._silence_seconds))
            if room <= 0:
                return 0
            rows = await connection.fetch(_FEED, min(room, 1000))
            await add_orders(connection, "run", rows)
            await record(connection, [Change(row, _queued) for row in rows])
            return len(rows)

        released = await self._database.transact(work, quiet=True)
        if released:
            self._database.changed.set()
        return released


def _queued(attempt: AttemptView, progress: Progress) -> AttemptQueued:
    return AttemptQueued(attempt=attempt, progress=progress)
