"""The inbox: each report takes effect once, because its id is stored in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.codec import digest
from services.ledger.database.connection import Connection
from services.ledger.errors import contradiction

R = TypeVar("R", AttemptExecuted, AttemptJudged)

_INSERT = """
INSERT INTO inbox (message_id, digest) SELECT message_id, digest FROM unnest($1::text[], $2::text[])
  AS m(message_id, digest)
ON CONFLICT DO NOTHING RETURNING message_id
"""

_CONTRADICTING = """
SELECT i.message_id FROM inbox i JOIN unnest($1::text[], $2::text[]) AS m(message_id, digest) USING (message_id)
WHERE i.digest <> m.digest AND i.digest <> '' LIMIT 1
"""


async def accept(connection: Connection, reports: Sequence[R]) -> list[R]:
    """The reports that were not accepted before. Raises Contradiction for one that has the id of another."""
    ids, digests = [report.message_id for report in reports], [digest(report) for report in reports]
    by_id, digest_by_id = dict(zip(ids, reports, strict=True)), dict(zip(ids, digests, strict=True))
    new = set(await connection.values(str, _INSERT, list(digest_by_id), list(digest_by_id.values())))
    if len(new) < len(reports) and (other := await connection.value(str, _CONTRADICTING, ids, digests)):
        raise contradiction(other)
    return [report for message_id, report in by_id.items() if message_id in new]
