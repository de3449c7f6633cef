"""The queues of the work plane: orders, one queue per stage and pool, and the reports that come back."""

from __future__ import annotations

from typing import Any

from assay.bus.protocol import Queue
from assay.bus.streams import PING_SUBJECT
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, ExecuteAttempt, GradeAttempt, Order, Report, Stage
from assay.contracts.codec import Message

_KINDS: dict[Stage, Any] = {Stage.RUN: ExecuteAttempt, Stage.JUDGE: GradeAttempt}

REPORTS: Queue[AttemptExecuted | AttemptJudged] = Queue(
    name="reports", subject="assay.work.report.*", kind=Report, ack_wait_seconds=10.0, max_deliver=8
)
"""What runners and judges say happened; fetched by the ledger alone. It comes again sooner than a lease runs out: work
whose report died with a ledger is not done twice."""


class Ping(Message, frozen=True, kw_only=True, tag="canary"):
    """Sent by the ledger to itself."""

    mark: str


PINGS: Queue[Ping] = Queue(name="canary", subject=PING_SUBJECT, kind=Ping, ack_wait_seconds=10.0)
"""What the ledger sends to itself, to know how the work plane does."""


def orders_queue(stage: Stage, pool: str = "default", *, urgent: bool = False) -> Queue[Order]:
    """What a pool's runners (or judges) fetch. A worker settles an order as soon as its claim is answered."""
    name = f"{stage}-{pool}{'-urgent' if urgent else ''}"
    return Queue(name=name, subject=subjects.orders(stage, pool, urgent=urgent), kind=_KINDS[stage])


def orders_queues(stage: Stage, pool: str = "default") -> tuple[Queue[Order], ...]:
    """In the order in which a worker of the stage looks at them. What is judged needs no hurry: judging is short."""
    calm = orders_queue(stage, pool)
    return (orders_queue(stage, pool, urgent=True), calm) if stage is Stage.RUN else (calm,)


def all_queues(pools: tuple[str, ...] = ("default",)) -> tuple[Queue[Any], ...]:
    """Every queue the ledger provisions for these pools."""
    return (REPORTS, PINGS, *(queue for stage in Stage for pool in pools for queue in orders_queues(stage, pool)))
