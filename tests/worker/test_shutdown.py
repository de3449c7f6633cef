"""Stopping a worker, and outages of the bus and of the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from assay.bus.errors import BusClosed
from assay.bus.memory import MemoryBus
from assay.worker.worker import Worker
from tests.fakes.ledger.ledger import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, failed, running_worker, wait_until


async def test_draining_finishes_running_work_and_takes_no_more(ledger: FakeLedger) -> None:
    work = FakeWork()
    await ledger.work.order(*range(6))
    async with running_worker(ledger.bus, work.work) as stop:
        await work.wait_until_running(3)
        stop.set()
        await wait_until(lambda: ledger.work.heartbeats and ledger.work.heartbeats[-1].slots == 0)
        assert len(ledger.work.heartbeats[-1].leases) == 3
        work.finish.set()
    assert await ledger.work.wait_for_reports(3) == sorted(work.started)
    assert await ledger.work.remaining_orders() == 3


async def test_draining_cancels_work_at_its_deadline(ledger: FakeLedger) -> None:
    work = FakeWork()
    await ledger.work.order(1)
    async with running_worker(ledger.bus, work.work, replace(OPTIONS, drain_seconds=0.3)) as stop:
        await work.wait_until_running(1)
        stop.set()
    assert work.cancelled == ["r-1"]
    assert ledger.work.reports == []


class StoppedClock:
    """With this clock no wait on the bus ever times out."""

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_an_idle_worker_stops_without_another_order() -> None:
    """It stops well before its drain timeout."""
    options = replace(OPTIONS, drain_seconds=300.0)
    async with (
        asyncio.timeout(30),
        FakeLedger(MemoryBus(StoppedClock())).serving() as ledger,
        running_worker(ledger.bus, FakeWork().work, options) as stop,
    ):
        await wait_until(lambda: ledger.work.heartbeats)
        await asyncio.sleep(0.1)
        stop.set()


async def test_a_worker_keeps_its_orders_while_the_ledger_has_no_database(ledger: FakeLedger) -> None:
    ledger.database_down = True
    await ledger.work.order(1, 2)
    async with running_worker(ledger.bus, FakeWork(0.01).work):
        await asyncio.sleep(0.5)
        assert ledger.work.claims == []
        ledger.database_down = False
        assert await ledger.work.wait_for_reports(2) == ["r-1", "r-2"]
    assert await ledger.bus.work.dead_letters() == []


async def test_a_worker_that_stops_without_a_ledger_returns_its_orders(ledger: FakeLedger) -> None:
    ledger.database_down = True
    await ledger.work.order(1, 2)
    async with running_worker(ledger.bus, FakeWork().work):
        await asyncio.sleep(0.3)
    assert await ledger.work.remaining_orders() == 2


async def test_work_continues_during_an_outage_of_the_bus_and_is_reported_later(ledger: FakeLedger) -> None:
    assert isinstance(ledger.bus, MemoryBus)
    work = FakeWork()
    await ledger.work.order(1, 2)
    async with running_worker(ledger.bus, work.work):
        await work.wait_until_running(2)
        ledger.bus.link.cut()
        work.finish.set()
        await work.wait_until_running(0)
        await asyncio.sleep(0.5)
        assert ledger.work.reports == []
        ledger.bus.link.restore()
        assert await ledger.work.wait_for_reports(2) == ["r-1", "r-2"]


async def test_a_closed_bus_ends_the_worker(ledger: FakeLedger) -> None:
    work = FakeWork()
    await ledger.work.order(1)
    running = asyncio.create_task(Worker(OPTIONS, ledger.bus, work.work, failed).run(asyncio.Event()))
    await work.wait_until_running(1)
    await ledger.bus.close()
    with pytest.raises(BusClosed):
        await asyncio.wait_for(running, 30)
    assert work.cancelled == ["r-1"]
