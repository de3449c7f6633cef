"""The outbox: facts and orders that are true in Postgres and not yet on the bus."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.database.database import Database
from services.ledger.memory.rules.outbox import GRADINGS_OUT, LIMIT, pending_fact, pending_order
from services.ledger.ports import Pending

_FACTS = """
SELECT p.position, f.subject, f.run_id, f.sequence, f.body
FROM pending_facts p JOIN facts f USING (run_id, sequence) ORDER BY p.position LIMIT $1
"""

_COLUMNS = "attempt_id, token, stage, pool, urgent, publishes"

_ORDERS = f"""
(SELECT {_COLUMNS} FROM pending_orders WHERE stage = 'run' AND published_at IS NULL LIMIT $1) UNION ALL
(SELECT {_COLUMNS} FROM pending_orders WHERE stage = 'judge' AND published_at IS NULL ORDER BY ordinal LIMIT greatest(0,
  $2 - (SELECT count(*) FROM pending_orders WHERE stage = 'judge' AND published_at IS NOT NULL)))
"""

_PUBLISHED = """
UPDATE pending_orders o SET published_at = clock_timestamp(), publishes = o.publishes + 1
FROM unnest($1::text[], $2::int[]) AS u(attempt_id, token) WHERE o.attempt_id = u.attempt_id AND o.token = u.token
"""


class PostgresOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def facts(self) -> Sequence[Pending]:
        """The oldest facts still to publish, in the order they became true."""
        async with self._database.session() as connection:
            rows = await connection.fetch(_FACTS, LIMIT)
        return [pending_fact(row, row["position"]) for row in rows]

    async def orders(self) -> Sequence[Pending]:
        async with self._database.session() as connection:
            rows = await connection.fetch(_ORDERS, LIMIT, GRADINGS_OUT)
        return [pending_order(row) for row in rows]

    async def facts_published(self, published: Sequence[Pending]) -> None:
        """The stream has stored these; they stay in Postgres as history."""
        positions = [pending.key[1] for pending in published]
        delete = "DELETE FROM pending_facts WHERE position = ANY($1::bigint[])"
        await self._quietly(delete, positions)

    async def orders_published(self, published: Sequence[Pending]) -> None:
        """Their rows stay until the claims are seen; an order not claimed in time is published again."""
        ids, tokens = [pending.key[0] for pending in published], [pending.key[1] for pending in published]
        await self._quietly(_PUBLISHED, ids, tokens)

    async def _quietly(self, statement: str, *arguments: object) -> None:
        async with self._database.session() as connection:
            await connection.execute(statement, *arguments)
