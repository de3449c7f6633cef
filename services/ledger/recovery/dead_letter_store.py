"""Acting on dead letters, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from assay.bus.protocol import DeadLetter
from assay.contracts.attempts import ExecuteAttempt, GradeAttempt, Order, Report, Stage
from assay.contracts.codec import Malformed, decode
from services.ledger.attempts.transitions import end_dead_lettered
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.leaderboard.leaderboard_write import add_results
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans

_STAGES: dict[type[Order | Report], Stage] = {ExecuteAttempt: Stage.RUN, GradeAttempt: Stage.JUDGE}

_LAST = "SELECT coalesce(max(position), 0) FROM dead_letters WHERE store = $1"

_ORDERED_AGAIN_BEFORE = """
SELECT count(*) FROM dead_letters WHERE attempt_id = $1 AND token = $2 AND action = 'ordered again'
"""

_INSERT = """
INSERT INTO dead_letters (store, position, subject, attempt_id, token, reason, deliveries, action)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (store, position) DO NOTHING
"""

# Only unclaimed attempts: a claimed one is watched by its lease, and its order is done with.
_LOCK_UNCLAIMED = """
SELECT attempt_id FROM attempts WHERE attempt_id = $1 AND token = $2 AND lease_until IS NULL
  AND state = ANY(CASE WHEN $3 = 'run' THEN ARRAY['queued'] ELSE ARRAY['executed', 'grading'] END)
FOR UPDATE
"""

_ORDER_AGAIN = """
INSERT INTO pending_orders (attempt_id, stage, token, requirement)
SELECT attempt_id, $3, $2, requirement FROM attempts WHERE attempt_id = $1
ON CONFLICT (attempt_id) DO UPDATE SET published_at = NULL
WHERE pending_orders.token = excluded.token AND pending_orders.stage = excluded.stage
"""


class Action(StrEnum):
    ORDERED_AGAIN = "ordered again"
    ENDED = "ended"
    KEPT = "kept"
    """Nothing can be done about it but inspect it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundLetter:
    """A dead letter of a store, and what it was about: ``stage`` is set for an order, ``attempt_id`` where the message
    could be read."""

    store: str
    letter: DeadLetter
    attempt_id: str = ""
    token: int = 0
    stage: Stage | None = None


class DeadLetterStore:
    def __init__(self, database: Database, plans: Plans) -> None:
        self._database = database
        self._plans = plans

    async def last(self, store: str) -> int:
        """The position up to which this store's dead letters were handled."""
        async with self._database.session() as connection:
            return await connection.value(int, _LAST, store) or 0

    async def act_on(self, letters: Sequence[FoundLetter]) -> Sequence[Action]:
        return [await self._database.transact(partial(self._act_on, found)) for found in letters]

    async def _act_on(self, found: FoundLetter, connection: Connection) -> Action:
        action = await self._act(found, connection)
        letter = found.letter
        identity = (found.store, letter.position, letter.subject, found.attempt_id, found.token)
        await connection.execute(_INSERT, *identity, letter.reason, letter.deliveries, action.value)
        return action

    async def _act(self, found: FoundLetter, connection: Connection) -> Action:
        order = (found.attempt_id, found.token, found.stage)
        if found.stage is None or await connection.value(str, _LOCK_UNCLAIMED, *order) is None:
            return Action.KEPT
        if await connection.value(int, _ORDERED_AGAIN_BEFORE, found.attempt_id, found.token):
            await self._end(found, connection)
            return Action.ENDED
        await connection.execute(_ORDER_AGAIN, *order)
        return Action.ORDERED_AGAIN

    async def _end(self, found: FoundLetter, connection: Connection) -> None:
        worker = "judge" if found.stage is Stage.JUDGE else "runner"
        reason = f"its order to a {worker} was dead-lettered twice: {found.letter.reason}"
        transitions = await end_dead_lettered(connection, found.attempt_id, reason)
        await connection.execute("DELETE FROM pending_orders WHERE attempt_id = $1", found.attempt_id)
        await add_results(connection, self._plans, [(each.after, {}) for each in transitions])
        await record(connection, transitions)


def read_letter(store: str, letter: DeadLetter) -> FoundLetter:
    try:
        message: Order | Report = decode(Order | Report, letter.payload)
    except Malformed:
        return FoundLetter(store=store, letter=letter)
    stage = _STAGES.get(type(message))
    return FoundLetter(store=store, letter=letter, attempt_id=message.attempt_id, token=message.token, stage=stage)
