"""Orders waiting to be published, and publishing them: a row stays until its claim is seen."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.postgres.database import Connection
from services.ledger.postgres.rows import Row

_ADD = """
INSERT INTO pending_orders (attempt_id, stage, token)
SELECT attempt_id, $3, token FROM unnest($1::text[], $2::int[]) AS o(attempt_id, token)
ON CONFLICT (attempt_id) DO UPDATE SET stage = excluded.stage, token = excluded.token, published_at = NULL
"""


async def add_orders(connection: Connection, stage: str, rows: Sequence[Row]) -> None:
    """An order for each attempt's row, under its present token; it replaces an older order for the same attempt."""
    if rows:
        await connection.execute(_ADD, [r["attempt_id"] for r in rows], [r["token"] for r in rows], stage)
