"""What the ledger does unasked: take in reports, publish the outbox, feed and sweep.

Reports are taken in by every ledger process; the rest is done by one at a time, the leader.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from assay.bus.errors import Retryable
from assay.bus.protocol import Bus, Delivery, Envelope
from assay.bus.queues import REPORTS
from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from services.ledger.errors import Refused, Unavailable
from services.ledger.handlers import Ports, on_reports
from services.ledger.memory.rules.outbox import LIMIT
from services.ledger.ports import Feeder, Outbox, Pending, Sweeper

log = structlog.get_logger()

Report = AttemptExecuted | AttemptJudged

PAUSE_SECONDS = 1.0
DEAF_SECONDS = 5.0
"""Between two sweeps: who takes longer has not heard of workers either. Much less than a lease."""
GATHER_SECONDS = 0.02
"""Between two rounds of the same duty: what comes meanwhile is done together, which is much cheaper."""


async def take_reports(bus: Bus, ports: Ports, batch: int) -> None:
    """Fetch reports for ever, make their effects, then acknowledge them."""
    while True:
        try:
            await _settle_in_time(bus, await bus.work.fetch(REPORTS, batch, wait_seconds=5.0), ports)
            await asyncio.sleep(GATHER_SECONDS)
        except Retryable as error:
            log.warning("reports.waiting", reason=str(error))
            await asyncio.sleep(PAUSE_SECONDS)


async def _settle_in_time(bus: Bus, deliveries: Sequence[Delivery[Report]], ports: Ports) -> None:
    """While the store is away they are held on to: let go, each would come again and again, and at last be taken for
    one that nobody can handle. When this ledger ends they go back at once, or leases would run out meanwhile and work
    that is done be paid for again."""
    while True:
        try:
            await settle(deliveries, ports)
            return
        except asyncio.CancelledError:
            for delivery in deliveries:
                await delivery.nak()
            raise
        except Unavailable as error:
            log.warning("reports.waiting", reports=len(deliveries), reason=str(error))
            await bus.work.in_progress(deliveries)
            await asyncio.sleep(PAUSE_SECONDS)


async def settle(deliveries: Sequence[Delivery[Report]], ports: Ports) -> None:
    """All at once, and one by one where that fails: a report that cannot be booked must not hold up the others."""
    if not deliveries:
        return
    try:
        await on_reports([delivery.message for delivery in deliveries], ports)
    except Unavailable:
        raise
    except Exception as error:  # whatever one report did to the transaction, the others deserve theirs
        if len(deliveries) == 1:
            await _bury(deliveries[0], error)
            return
        for delivery in deliveries:
            await settle([delivery], ports)
        return
    for delivery in deliveries:
        await delivery.ack()


async def _bury(delivery: Delivery[Report], error: Exception) -> None:
    report = delivery.message
    log.error("report.unbookable", attempt=report.attempt_id, message_id=report.message_id, error=repr(error))
    await delivery.dead_letter(f"{type(error).__name__}: {error}")


async def relay(pending: Callable[[], Awaitable[Sequence[Pending]]], publish: Publish, published: Published) -> None:
    """Publish what is pending; what comes meanwhile makes it due again. After a crash in between it is published again,
    under the same ids."""
    full = True
    while full and (batch := await pending()):
        await publish([each.envelope for each in batch])
        await published(batch)
        full = len(batch) >= LIMIT


Duty = Callable[[], Awaitable[None]]
Publish = Callable[[Sequence[Envelope]], Awaitable[None]]
Published = Callable[[Sequence[Pending]], Awaitable[None]]


class Leader:
    """The duties of the one ledger that holds the leadership. ``changed`` is set whenever a transaction commits;
    ``watches`` are further duties, each with its period in seconds."""

    def __init__(
        self,
        bus: Bus,
        outbox: Outbox,
        feeder: Feeder,
        sweeper: Sweeper,
        changed: asyncio.Event,
        watches: Sequence[tuple[Duty, float]] = (),
    ) -> None:
        self._bus = bus
        self._outbox = outbox
        self._feeder = feeder
        self._sweeper = sweeper
        self._changed = changed
        self._watches = watches
        self._swept_at = float("-inf")
        self._facts_due = asyncio.Event()
        self._orders_due = asyncio.Event()
        self._feed_due = asyncio.Event()

    async def lead(self) -> None:
        """Do all duties until cancelled or until one of them fails for good."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._spread_changes())
            group.create_task(_each(self._facts_due, self._relay_facts, 0.5))
            group.create_task(_each(self._orders_due, self._relay_orders, 0.5))
            group.create_task(_each(self._feed_due, self._feed, 1.0))
            group.create_task(_each(asyncio.Event(), self._sweep, 1.0))
            for duty, period_seconds in self._watches:
                group.create_task(_at_once_and_each(duty, period_seconds))

    async def _spread_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            for due in (self._facts_due, self._orders_due, self._feed_due):
                due.set()

    async def _relay_facts(self) -> None:
        await relay(self._outbox.facts, self._bus.facts.publish, self._outbox.facts_published)

    async def _relay_orders(self) -> None:
        await relay(self._outbox.orders, self._bus.work.publish, self._outbox.orders_published)

    async def _feed(self) -> None:
        await self._feeder.feed()

    async def _sweep(self) -> None:
        """Silence is a worker's death only where it could have been heard: not without a bus, and not when the last
        sweep is long ago, be it that nobody led, that the store was away, or that this process stood still."""
        if not self._bus.connected:
            return
        clock = asyncio.get_running_loop().time
        if clock() - self._swept_at > DEAF_SECONDS:
            log.info("leases.renewed", count=await self._sweeper.renew())
        if taken_back := await self._sweeper.sweep():
            log.warning("leases.expired", count=taken_back)
        self._swept_at = clock()


async def _at_once_and_each(duty: Duty, period_seconds: float) -> None:
    due = asyncio.Event()
    due.set()
    await _each(due, duty, period_seconds)


async def _each(due: asyncio.Event, duty: Duty, period_seconds: float) -> None:
    """Do the duty whenever it is due and at least once per period; an unreachable store only delays it."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(period_seconds):
                await due.wait()
        due.clear()
        try:
            await duty()
            await asyncio.sleep(GATHER_SECONDS)
        except (Unavailable, Refused, Retryable) as error:
            log.warning("duty.delayed", duty=duty.__name__, reason=str(error))
            await asyncio.sleep(PAUSE_SECONDS)
