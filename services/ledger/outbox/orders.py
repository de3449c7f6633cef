"""Orders waiting to be published, and publishing them: a row stays until its claim is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.rows import Row

_ADD = """
INSERT INTO pending_orders (attempt_id, stage, token, ordinal, urgent)
SELECT attempt_id, $4, token, ordinal, attempt_id = ANY($5::text[])
FROM unnest($1::text[], $2::int[], $3::int[]) AS o(attempt_id, token, ordinal)
ON CONFLICT (attempt_id) DO UPDATE
SET stage = excluded.stage, token = excluded.token, urgent = excluded.urgent, published_at = NULL
"""


async def add_orders(
    connection: Connection, stage: str, rows: Sequence[Row], urgent: Collection[str] = frozenset()
) -> None:
    """An order for each attempt's row, under its present token; it replaces an older order for the same attempt. Those
    that are ``urgent`` are found before the others."""
    if rows:
        columns = ([row[name] for row in rows] for name in ("attempt_id", "token", "ordinal"))
        await connection.execute(_ADD, *columns, stage, list(urgent))
