"""Orders to workers that are to be published. Each stays until the claim that it leads to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from assay.contracts.attempts import Stage
from services.ledger.database.connection import Connection

_ADD = """
INSERT INTO pending_orders (attempt_id, stage, token, ordinal, urgent, requirement)
SELECT attempt_id, $4, o.token, o.ordinal, attempt_id = ANY($5::text[]), a.requirement
FROM unnest($1::text[], $2::int[], $3::int[]) AS o(attempt_id, token, ordinal) JOIN attempts a USING (attempt_id)
ON CONFLICT (attempt_id) DO UPDATE
SET stage = excluded.stage, token = excluded.token, urgent = excluded.urgent, ordered_at = excluded.ordered_at,
  published_at = NULL
"""

# Of this stage alone: a runner's order that comes twice must not retire the judge's, which has the same token.
_RETIRE = """
DELETE FROM pending_orders o USING unnest($1::text[], $2::int[]) AS u(attempt_id, token)
WHERE o.attempt_id = u.attempt_id AND o.token <= u.token AND o.stage = $3
"""

LONGEST_PATIENCE_AT = 6
"""The number of times an order is published until the wait for its claim stops doubling."""

_REPEAT = """
UPDATE pending_orders SET published_at = NULL, urgent = false
WHERE published_at < clock_timestamp() - make_interval(secs => $1 * power(2, least(publishes, $2) - 1))
"""


class Ordered(Protocol):
    @property
    def attempt_id(self) -> str: ...
    @property
    def token(self) -> int: ...
    @property
    def ordinal(self) -> int: ...


async def add_orders(
    connection: Connection, stage: Stage, attempts: Sequence[Ordered], urgent: Collection[str] = frozenset()
) -> None:
    """An order for each attempt under its present token, replacing an older one. ``urgent`` ones are fetched first."""
    rows = [(attempt.attempt_id, attempt.token, attempt.ordinal) for attempt in attempts]
    await connection.execute_columns(_ADD, rows, stage, list(urgent))


async def retire_orders(connection: Connection, stage: Stage, claims: Sequence[tuple[str, int]]) -> None:
    """Orders that were claimed, as attempt id and token, and older ones of the same attempts."""
    await connection.execute_columns(_RETIRE, claims, stage)


async def repeat_unclaimed(connection: Connection, patience_seconds: float) -> None:
    """Publish orders again that were published ``patience_seconds`` ago and not claimed, waiting twice as long each
    time: the order can be waiting for a worker instead of being lost."""
    await connection.execute(_REPEAT, patience_seconds, LONGEST_PATIENCE_AT)
