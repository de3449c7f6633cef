"""Messages and queues for the tests of the bus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from assay.bus.protocol import Bus, Delivery, Envelope, Queue
from assay.contracts import subjects
from assay.contracts.attempts import ExecuteAttempt, Stage
from assay.contracts.tail import TailKind, TailLine

FAST_REDELIVERY: Queue[ExecuteAttempt] = Queue(
    name="quick", subject="assay.work.run.quick", kind=ExecuteAttempt, ack_wait_seconds=0.4, max_deliver=3
)
"""A queue with a short ack wait."""

ORDERS: Queue[ExecuteAttempt] = Queue(name="calm", subject=subjects.orders(Stage.RUN), kind=ExecuteAttempt)
SLOW_REDELIVERY: Queue[ExecuteAttempt] = Queue(
    name="held", subject="assay.work.run.held", kind=ExecuteAttempt, ack_wait_seconds=4.0, max_deliver=3
)
"""A queue whose ack wait is long enough for tests on a busy machine."""

QUEUES = (FAST_REDELIVERY, ORDERS, SLOW_REDELIVERY)
FETCH_SECONDS = 20.0
"""Wait for messages that exist, on a busy machine. Shorter than the ack wait of ORDERS."""


def order(number: int, queue: Queue[ExecuteAttempt] = ORDERS, message_id: str = "") -> Envelope:
    message = ExecuteAttempt(attempt_id=f"run-{number}", token=1)
    return Envelope.of(queue.subject, message_id or f"order-{number}", message)


def numbers(deliveries: Sequence[Delivery[ExecuteAttempt]]) -> list[int]:
    return [int(delivery.message.attempt_id.removeprefix("run-")) for delivery in deliveries]


def fact(number: int, run: str = "r1") -> Envelope:
    """Facts are opaque to the bus, so any message serves."""
    message = ExecuteAttempt(attempt_id=f"{run}-{number}", token=1)
    return Envelope.of(f"assay.evt.v1.demo.attempt.finished.{run}", f"{run}:{number}", message)


def line(text: str) -> TailLine:
    return TailLine(attempt_id="run-1", token=1, kind=TailKind.STDOUT, text=text, time=datetime(2026, 1, 1, tzinfo=UTC))


async def fetch_all(bus: Bus, queue: Queue[Any], amount: int) -> list[Delivery[Any]]:
    """Fetch and acknowledge at least ``amount`` messages, and all others in the queue."""
    found: list[Delivery[Any]] = []
    async with asyncio.timeout(60):
        while deliveries := await bus.work.fetch(queue, 100, FETCH_SECONDS if len(found) < amount else 0.2):
            for delivery in deliveries:
                await delivery.ack()
            found.extend(deliveries)
    return found
