"""The queues of the work plane: orders, with queues per stage, pool and sandbox requirement, and reports."""

from __future__ import annotations

from typing import Any

from assay.bus.protocol import Queue
from assay.bus.streams import PING_SUBJECT
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, ExecuteAttempt, GradeAttempt, Order, Report, Stage
from assay.contracts.codec import Message
from assay.contracts.sandboxes import SandboxRequirement

_KINDS: dict[Stage, Any] = {Stage.RUN: ExecuteAttempt, Stage.JUDGE: GradeAttempt}

REPORTS: Queue[AttemptExecuted | AttemptJudged] = Queue(
    name="reports", subject="assay.work.report.*", kind=Report, ack_wait_seconds=10.0, max_deliver=8
)
"""Reports from runners and judges, fetched only by the ledger. The ack wait is shorter than a lease, so that a report
lost with a crashed ledger is delivered again before its lease expires and the work is repeated."""


class Ping(Message, frozen=True, kw_only=True, tag="canary"):
    """Sent by the ledger to itself. The tag predates the class name and stays for compatibility."""

    mark: str


PINGS: Queue[Ping] = Queue(name="canary", subject=PING_SUBJECT, kind=Ping, ack_wait_seconds=10.0)
"""Messages from the ledger to itself that probe the work plane."""


def orders_queue(
    stage: Stage,
    pool: str = "default",
    requirement: SandboxRequirement = SandboxRequirement.NONE,
    *,
    urgent: bool = False,
) -> Queue[Order]:
    """A queue of a pool's runners or judges, fetched by those that meet the requirement. Workers settle an order as
    soon as its claim is answered."""
    needs = "" if requirement is SandboxRequirement.NONE else f"-{requirement}"
    name = f"{stage}-{pool}{needs}{'-urgent' if urgent else ''}"
    return Queue(name=name, subject=subjects.orders(stage, pool, requirement, urgent=urgent), kind=_KINDS[stage])


def orders_queues(stage: Stage, pool: str = "default") -> tuple[Queue[Order], ...]:
    """All queues of a stage. Judges need no urgent queues, since grading is short."""
    return tuple(
        orders_queue(stage, pool, requirement, urgent=urgent)
        for requirement in SandboxRequirement
        for urgent in ((True, False) if stage is Stage.RUN else (False,))
    )


def all_queues(pools: tuple[str, ...] = ("default",)) -> tuple[Queue[Any], ...]:
    """All queues that the ledger provisions for these pools."""
    return (REPORTS, PINGS, *(queue for stage in Stage for pool in pools for queue in orders_queues(stage, pool)))
