"""Results that a run may take over instead of making them again: same content key, and an outcome that would be said
again."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.reuse import REUSABLE, Earlier

_EARLIER = f"""
SELECT DISTINCT ON (key) key, outcome, score, reason, duration_seconds,
  CASE WHEN reused_from = '' THEN attempt_id ELSE reused_from END AS reused_from
FROM attempts WHERE key = ANY($1::text[]) AND outcome IN {REUSABLE} ORDER BY key, changed_at DESC
"""


async def earlier_results(connection: Connection, keys: Sequence[str]) -> dict[str, Earlier]:
    """By content key, the newest of each."""
    return {
        row["key"]: Earlier(
            outcome=row["outcome"],
            score=row["score"],
            reason=row["reason"],
            duration_seconds=row["duration_seconds"],
            reused_from=row["reused_from"],
        )
        for row in await connection.fetch(_EARLIER, keys)
    }
