"""The outbox: facts and orders that are true in Postgres and not yet on the bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.bus.protocol import Envelope
from assay.contracts import subjects
from assay.contracts.attempts import ExecuteAttempt, GradeAttempt, Stage
from assay.contracts.codec import encode
from assay.contracts.ids import run_of
from assay.contracts.sandboxes import SandboxRequirement
from assay.tracing import carrier, resume
from assay.tracing.span import NO_CARRIER, Carrier, Kind
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, columns
from services.ledger.outbox.order_traces import order_traces

LIMIT = 500
"""How many are published at a time."""

MAX_GRADING_ORDERS = 500
"""How many published orders to judges can be unclaimed per sandbox requirement: however many attempts wait for slow
judges, the bus holds no more. The scheduler limits orders to runners."""

_FACTS = """
SELECT p.position, f.subject, f.run_id, f.sequence, f.body
FROM pending_facts p JOIN facts f USING (run_id, sequence) ORDER BY p.position LIMIT $1
"""


class PendingFact(Row):
    position: int
    subject: str
    run_id: str
    sequence: int
    body: str


class PendingOrder(Row):
    attempt_id: str
    token: int
    stage: Stage
    pool: str
    requirement: SandboxRequirement
    urgent: bool
    publishes: int


_ORDERS = f"""
WITH published AS MATERIALIZED (
  SELECT requirement, count(*) FROM pending_orders WHERE stage = 'judge' AND published_at IS NOT NULL GROUP BY 1
)
(SELECT {columns(PendingOrder)} FROM pending_orders WHERE stage = 'run' AND published_at IS NULL LIMIT $1)
UNION ALL
SELECT judge.* FROM unnest($3::text[]) AS r(requirement) CROSS JOIN LATERAL (
  SELECT {columns(PendingOrder)} FROM pending_orders o
  WHERE stage = 'judge' AND o.requirement = r.requirement AND published_at IS NULL ORDER BY ordinal
  LIMIT greatest(0, $2 - coalesce((SELECT count FROM published p WHERE p.requirement = r.requirement), 0))
) judge
"""

_PUBLISHED = """
UPDATE pending_orders o SET published_at = clock_timestamp(), publishes = o.publishes + 1
FROM unnest($1::text[], $2::int[]) AS u(attempt_id, token) WHERE o.attempt_id = u.attempt_id AND o.token = u.token
"""

_MESSAGES = {Stage.RUN: ExecuteAttempt, Stage.JUDGE: GradeAttempt}


@dataclass(frozen=True, slots=True)
class Pending:
    """An envelope to publish. ``key`` identifies it when it is marked as published: a position, or an attempt's id and
    token."""

    envelope: Envelope
    key: tuple[str, int]


class OutboxStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def facts(self) -> list[Pending]:
        """The oldest facts that are still to be published, in the order in which they became true."""
        async with self._database.session() as connection:
            return [pending_fact(row) for row in await connection.rows(PendingFact, _FACTS, LIMIT)]

    async def orders(self) -> list[Pending]:
        async with self._database.session() as connection:
            rows = await connection.rows(PendingOrder, _ORDERS, LIMIT, MAX_GRADING_ORDERS, list(SandboxRequirement))
            traces = await order_traces(connection, [row.attempt_id for row in rows])
        return [pending_order(row, traces.get(row.attempt_id, NO_CARRIER)) for row in rows]

    async def facts_published(self, published: Sequence[Pending]) -> None:
        """The stream has stored them; they stay in Postgres as history."""
        async with self._database.session() as connection:
            positions = [pending.key[1] for pending in published]
            await connection.execute("DELETE FROM pending_facts WHERE position = ANY($1::bigint[])", positions)

    async def orders_published(self, published: Sequence[Pending]) -> None:
        """Orders stay until they are claimed; one that is not claimed in time is published again."""
        async with self._database.session() as connection:
            await connection.execute_columns(_PUBLISHED, [pending.key for pending in published])


def pending_fact(fact: PendingFact) -> Pending:
    message_id = f"{fact.run_id}-{fact.sequence}"
    envelope = Envelope(subject=fact.subject, message_id=message_id, payload=fact.body.encode())
    return Pending(envelope, ("", fact.position))


def pending_order(order: PendingOrder, trace: Carrier = NO_CARRIER) -> Pending:
    """``trace`` is the context of its attempt."""
    message = _MESSAGES[order.stage](attempt_id=order.attempt_id, token=order.token)
    attributes = {"assay.run_id": run_of(order.attempt_id), "assay.attempt_id": order.attempt_id}
    with resume(f"order {message.name()}", Kind.PRODUCER, trace, attributes):
        trace = carrier()
    # A repeated order needs an id of its own, or the stream would take it for a duplicate of the lost one.
    envelope = Envelope(
        subject=subjects.order(message, order.pool, order.requirement, urgent=order.urgent),
        message_id=f"{order.attempt_id}:{order.token}:{message.name()}:{order.publishes}",
        payload=encode(message),
        trace=trace,
    )
    return Pending(envelope, (order.attempt_id, order.token))
