"""The memory bus on a simulated clock: hours pass instantly and deterministically."""

from __future__ import annotations

import asyncio
import heapq

import pytest

from assay.bus.errors import BusUnavailable
from assay.bus.memory import MemoryBus
from assay.contracts.rpc import GetHealth, ServiceHealth
from tests.bus.messages import ORDERS, QUEUES, numbers, order


class ManualClock:
    """Time stands still while any task can run and then jumps to the next due sleeper."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        due = asyncio.Event()
        heapq.heappush(self._sleepers, (self._now + seconds, self._count, due))
        await due.wait()

    async def run(self, task: asyncio.Task[object]) -> None:
        while not task.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if not task.done():
                self._now, _, due = heapq.heappop(self._sleepers)
                due.set()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def bus(clock: ManualClock) -> MemoryBus:
    bus = MemoryBus(clock)
    await bus.provision(QUEUES)
    return bus


async def test_an_unsettled_message_is_redelivered_after_the_ack_wait(bus: MemoryBus, clock: ManualClock) -> None:
    await bus.work.publish([order(1)])
    await bus.work.fetch(ORDERS, 1, 0)
    again = asyncio.create_task(bus.work.fetch(ORDERS, 1, 3600))
    await clock.run(again)
    assert numbers(again.result()) == [1]
    assert clock.now() == ORDERS.ack_wait_seconds


async def test_a_nak_delay_is_exact(bus: MemoryBus, clock: ManualClock) -> None:
    await bus.work.publish([order(1)])
    [delivery] = await bus.work.fetch(ORDERS, 1, 0)
    await delivery.nak(1800)
    again = asyncio.create_task(bus.work.fetch(ORDERS, 1, 3600))
    await clock.run(again)
    assert (len(again.result()), clock.now()) == (1, 1800)


async def test_an_empty_fetch_ends_at_its_timeout(bus: MemoryBus, clock: ManualClock) -> None:
    fetching = asyncio.create_task(bus.work.fetch(ORDERS, 1, 86_400))
    await clock.run(fetching)
    assert (fetching.result(), clock.now()) == ([], 86_400)


async def test_a_message_id_is_forgotten_after_two_minutes(bus: MemoryBus, clock: ManualClock) -> None:
    for pause in (0.0, 100.0, 30.0):
        sleeping = asyncio.create_task(clock.sleep(pause))
        await clock.run(sleeping)
        await bus.work.publish([order(1)])
    assert numbers(await bus.work.fetch(ORDERS, 10, 0)) == [1, 1]


async def test_a_request_ends_at_its_timeout(bus: MemoryBus, clock: ManualClock) -> None:
    async def reply_late(_: GetHealth) -> ServiceHealth:
        await clock.sleep(100)
        return ServiceHealth(service="ledger", ready=True)

    await bus.rpc.serve("ledger", {GetHealth: reply_late})
    asking = asyncio.create_task(bus.rpc.request(GetHealth(), timeout_seconds=60))
    await clock.run(asking)
    with pytest.raises(BusUnavailable):
        await asking
    assert clock.now() == 60


async def test_a_cut_link_delays_publishers_and_fails_requests(bus: MemoryBus) -> None:
    bus.link.cut()
    publishing = asyncio.create_task(bus.work.publish([order(1)]))
    await asyncio.sleep(0)
    assert not bus.connected
    assert not publishing.done()
    with pytest.raises(BusUnavailable):
        await bus.rpc.request(GetHealth())
    bus.link.restore()
    await publishing
    assert (bus.connected, bus.reconnects) == (True, 1)
