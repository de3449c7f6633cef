"""The leader's background tasks: what each does, and how often."""

from __future__ import annotations

import asyncio

import structlog

from assay.bus.protocol import Bus, Storage
from services.ledger.health.bus_probe import BusProbe
from services.ledger.leader import BackgroundTask
from services.ledger.metrics.gauges import PERIOD_SECONDS, SystemGauges
from services.ledger.outbox.missing_orders import MissingOrders
from services.ledger.outbox.outbox_store import OutboxStore
from services.ledger.outbox.relay import relay
from services.ledger.recovery.stream_recovery import StreamRecovery
from services.ledger.scheduling.scheduler import Scheduler
from services.ledger.sweeper import Sweeper

_log = structlog.get_logger()

MAX_SWEEP_GAP_SECONDS = 5.0
"""If two sweeps are further apart, this process cannot have received heartbeats, so all leases are renewed before any
expires. Much less than a lease."""


def work_tasks(bus: Bus, outbox: OutboxStore, scheduler: Scheduler, sweeper: Sweeper) -> list[BackgroundTask]:
    """What keeps runs going."""

    async def publish_facts() -> None:
        await relay(outbox.facts, bus.facts.publish, outbox.facts_published)

    async def publish_orders() -> None:
        await relay(outbox.orders, bus.work.publish, outbox.orders_published)

    return [
        BackgroundTask("publish_facts", publish_facts, 0.5, on_change=True),
        BackgroundTask("publish_orders", publish_orders, 0.5, on_change=True),
        BackgroundTask("schedule", scheduler.schedule, 1.0, on_change=True),
        BackgroundTask("sweep", SafeSweep(bus, sweeper).run, 1.0),
    ]


def bus_tasks(
    recovery: StreamRecovery, probe: BusProbe, missing_orders: MissingOrders, storage: Storage
) -> list[BackgroundTask]:
    """What watches the bus."""

    async def find_missing_orders() -> None:
        if found := await missing_orders.order_again():
            _log.warning("orders.missing", count=found)

    return [
        BackgroundTask("stream_recovery", recovery.check, 2.0),
        BackgroundTask("bus_probe", probe.probe, 3.0),
        BackgroundTask("missing_orders", find_missing_orders, 30.0),
        BackgroundTask("purge_settled_reports", storage.purge_settled_reports, 60.0),
    ]


def metric_tasks(gauges: SystemGauges) -> list[BackgroundTask]:
    """What is measured for Prometheus."""
    return [BackgroundTask("measure", gauges.update, PERIOD_SECONDS)]


class SafeSweep:
    """Sweeps only while heartbeats can arrive: not without a bus, and not right after a pause in which no ledger led,
    Postgres was away, or this process stood still."""

    def __init__(self, bus: Bus, sweeper: Sweeper) -> None:
        self._bus = bus
        self._sweeper = sweeper
        self._swept_at = float("-inf")

    async def run(self) -> None:
        if not self._bus.connected:
            return
        clock = asyncio.get_running_loop().time
        if clock() - self._swept_at > MAX_SWEEP_GAP_SECONDS:
            _log.info("leases.renewed", count=await self._sweeper.renew_leases())
        if expired := await self._sweeper.sweep():
            _log.warning("leases.expired", count=expired)
        self._swept_at = clock()
