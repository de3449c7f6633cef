"""Dead letters as they are acted on, each once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from assay.contracts.attempts import AttemptView
from assay.contracts.facts import AttemptFinished
from assay.contracts.runs import Progress
from services.ledger.database.database import Connection, Database
from services.ledger.leaderboard.leaderboard_write import count_in
from services.ledger.memory.rules.changes import Change
from services.ledger.attempts.columns import returning
from services.ledger.recovery.dead_letters import Action, Death
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans

_LAST = "SELECT coalesce(max(position), 0) FROM dead_letters WHERE store = $1"

_DIED_BEFORE = """
SELECT count(*) FROM dead_letters WHERE attempt_id = $1 AND token = $2 AND action = 'ordered again'
"""

_KEEP = """
INSERT INTO dead_letters (store, position, subject, attempt_id, token, reason, deliveries, action)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (store, position) DO NOTHING
"""

# Only what nobody has claimed: whoever did is watched by a lease, and the order is done with.
_UNCLAIMED = """
SELECT attempt_id FROM attempts WHERE attempt_id = $1 AND token = $2 AND lease_until IS NULL
  AND state = ANY(CASE WHEN $3 = 'run' THEN ARRAY['queued'] ELSE ARRAY['executed', 'grading'] END)
FOR UPDATE
"""

_ORDER_AGAIN = """
INSERT INTO pending_orders (attempt_id, stage, token) VALUES ($1, $3, $2)
ON CONFLICT (attempt_id) DO UPDATE SET published_at = NULL
WHERE pending_orders.token = excluded.token AND pending_orders.stage = excluded.stage
"""

_END = f"""
UPDATE attempts a SET state = 'done', outcome = 'infra_error', token = a.token + 1, lease_until = NULL, worker_id = '',
  reason = $2, changed_at = now()
WHERE attempt_id = $1 RETURNING {returning()}
"""


class PostgresGraves:
    def __init__(self, database: Database, plans: Plans) -> None:
        self._database = database
        self._plans = plans

    async def last(self, store: str) -> int:
        async with self._database.session() as connection:
            return int(await connection.fetchval(_LAST, store))

    async def take_in(self, deaths: Sequence[Death]) -> Sequence[Action]:
        return [await self._database.transact(partial(self._take_in, death)) for death in deaths]

    async def _take_in(self, death: Death, connection: Connection) -> Action:
        action = await self._act(death, connection)
        letter = death.letter
        what = (death.store, letter.position, letter.subject, death.attempt_id, death.token)
        await connection.execute(_KEEP, *what, letter.reason, letter.deliveries, action.value)
        return action

    async def _act(self, death: Death, connection: Connection) -> Action:
        order = (death.attempt_id, death.token, death.stage)
        if death.stage is None or not await connection.fetchval(_UNCLAIMED, *order):
            return Action.KEPT
        if await connection.fetchval(_DIED_BEFORE, death.attempt_id, death.token):
            await self._end(death, connection)
            return Action.ENDED
        await connection.execute(_ORDER_AGAIN, *order)
        return Action.ORDERED_AGAIN

    async def _end(self, death: Death, connection: Connection) -> None:
        reason = f"its order to a {'judge' if death.stage == 'judge' else 'runner'} died twice: {death.letter.reason}"
        row = await connection.fetchrow(_END, death.attempt_id, reason)
        assert row is not None
        await connection.execute("DELETE FROM pending_orders WHERE attempt_id = $1", death.attempt_id)
        await count_in(connection, self._plans, [(row, {})])
        await record(connection, [Change(row, _finished)])


def _finished(attempt: AttemptView, progress: Progress) -> AttemptFinished:
    return AttemptFinished(attempt=attempt, progress=progress)
