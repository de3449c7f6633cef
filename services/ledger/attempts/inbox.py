"""The inbox: each report is taken in once, in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.codec import digest
from services.ledger.database.database import Connection
from services.ledger.errors import contradiction

R = TypeVar("R", AttemptExecuted, AttemptJudged)

_TAKE_IN = """
INSERT INTO inbox (message_id, digest) SELECT message_id, digest FROM unnest($1::text[], $2::text[])
  AS m(message_id, digest)
ON CONFLICT DO NOTHING RETURNING message_id
"""

_OTHERS = """
SELECT i.message_id FROM inbox i JOIN unnest($1::text[], $2::text[]) AS m(message_id, digest) USING (message_id)
WHERE i.digest <> m.digest AND i.digest <> '' LIMIT 1
"""


async def take_in(connection: Connection, reports: Sequence[R]) -> list[R]:
    """Those not taken in before. Raises Contradiction for one that bears the id of another."""
    ids, digests = [report.message_id for report in reports], [digest(report) for report in reports]
    once, of_once = dict(zip(ids, reports, strict=True)), dict(zip(ids, digests, strict=True))
    rows = await connection.fetch(_TAKE_IN, list(of_once), list(of_once.values()))
    fresh = {row["message_id"] for row in rows}
    if len(fresh) < len(reports) and (other := await connection.fetchval(_OTHERS, ids, digests)):
        raise contradiction(other)
    return [report for message_id, report in once.items() if message_id in fresh]
