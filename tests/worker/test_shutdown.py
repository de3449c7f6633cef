"""How a worker ends, and how it bears with a bus or a ledger that is away."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from assay.bus.errors import BusClosed
from assay.bus.memory import MemoryBus
from assay.worker.worker import Worker
from tests.worker.fakes import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, failed, running_worker, wait_until


async def test_draining_finishes_what_is_at_hand_and_takes_no_more(ledger: FakeLedger) -> None:
    desk = FakeWork()
    await ledger.order(*range(6))
    async with running_worker(ledger.bus, desk.work) as stop:
        await desk.wait_until_running(3)
        stop.set()
        await wait_until(lambda: ledger.beats and ledger.beats[-1].slots == 0)
        assert len(ledger.beats[-1].leases) == 3
        desk.finish.set()
    assert await ledger.reported(3) == sorted(desk.started)
    assert await ledger.left_orders() == 3


async def test_draining_gives_up_at_its_deadline(ledger: FakeLedger) -> None:
    desk = FakeWork()
    await ledger.order(1)
    async with running_worker(ledger.bus, desk.work, replace(OPTIONS, drain_seconds=0.3)) as stop:
        await desk.wait_until_running(1)
        stop.set()
    assert desk.cancelled == ["r-1"]
    assert ledger.reports == []


class StandingClock:
    """On a bus with it nobody who waits for something ever gives up."""

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_an_idle_worker_stops_though_no_order_comes() -> None:
    """Nor does it take for that as long as it may to drain."""
    options = replace(OPTIONS, drain_seconds=300.0)
    async with (
        asyncio.timeout(30),
        FakeLedger(MemoryBus(StandingClock())).serving() as ledger,
        running_worker(ledger.bus, FakeWork().work, options) as stop,
    ):
        await wait_until(lambda: ledger.beats)
        await asyncio.sleep(0.1)
        stop.set()


async def test_orders_wait_in_hand_while_the_ledger_has_no_database(ledger: FakeLedger) -> None:
    ledger.down = True
    await ledger.order(1, 2)
    async with running_worker(ledger.bus, FakeWork(0.01).work):
        await asyncio.sleep(0.5)
        assert ledger.claims == []
        ledger.down = False
        assert await ledger.reported(2) == ["r-1", "r-2"]
    assert await ledger.bus.work.dead_letters() == []


async def test_a_worker_that_stops_without_a_ledger_hands_its_orders_back(ledger: FakeLedger) -> None:
    ledger.down = True
    await ledger.order(1, 2)
    async with running_worker(ledger.bus, FakeWork().work):
        await asyncio.sleep(0.3)
    assert await ledger.left_orders() == 2


async def test_work_goes_on_while_the_bus_is_away_and_is_reported_later(ledger: FakeLedger) -> None:
    assert isinstance(ledger.bus, MemoryBus)
    desk = FakeWork()
    await ledger.order(1, 2)
    async with running_worker(ledger.bus, desk.work):
        await desk.wait_until_running(2)
        ledger.bus.link.cut()
        desk.finish.set()
        await desk.wait_until_running(0)
        await asyncio.sleep(0.5)
        assert ledger.reports == []
        ledger.bus.link.restore()
        assert await ledger.reported(2) == ["r-1", "r-2"]


async def test_a_bus_that_is_gone_for_good_ends_the_worker(ledger: FakeLedger) -> None:
    desk = FakeWork()
    await ledger.order(1)
    running = asyncio.create_task(Worker(OPTIONS, ledger.bus, desk.work, failed).run(asyncio.Event()))
    await desk.wait_until_running(1)
    await ledger.bus.close()
    with pytest.raises(BusClosed):
        await asyncio.wait_for(running, 30)
    assert desk.cancelled == ["r-1"]
