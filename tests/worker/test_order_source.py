"""Which queues a worker fetches from, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import all_queues, orders_queue
from assay.contracts import subjects
from assay.contracts.attempts import ExecuteAttempt, Stage
from assay.contracts.sandboxes import SandboxRequirement as Needs
from assay.worker.order_source import OrderSource
from tests.worker.harness import wait_until


@pytest.fixture
async def bus() -> MemoryBus:
    bus = MemoryBus()
    await bus.provision(all_queues())
    return bus


async def order(bus: MemoryBus, requirement: Needs, *names: str, urgent: bool = False) -> None:
    subject = subjects.orders(Stage.RUN, "default", requirement, urgent=urgent)
    orders = [ExecuteAttempt(attempt_id=f"{name}-1", token=1) for name in names]
    await bus.work.publish([Envelope.of(subject, each.attempt_id, each) for each in orders])


def source(bus: MemoryBus, *sandboxes: str) -> OrderSource:
    orders = OrderSource(Stage.RUN, "default", bus.work)
    orders.offer(sandboxes)
    return orders


async def fetched(orders: OrderSource, free: int, count: int) -> list[str]:
    names: list[str] = []
    async with asyncio.timeout(30):
        while len(names) < count:
            names += [delivery.message.attempt_id for delivery in await orders.next(free)]
    return names


async def left(bus: MemoryBus, requirements: Iterable[Needs]) -> int:
    queues = [orders_queue(Stage.RUN, "default", each) for each in requirements]
    return sum([len(await bus.work.fetch(queue, 100, 0.0)) for queue in queues])


async def test_orders_that_the_sandboxes_do_not_suit_are_left_to_others(bus: MemoryBus) -> None:
    for requirement in Needs:
        await order(bus, requirement, requirement.value)
    suited = {"none-1", "any-1", "bubblewrap-1"}
    assert set(await fetched(source(bus, "bubblewrap"), 9, 3)) == suited
    assert await left(bus, Needs) == len(Needs) - 3


async def test_what_a_worker_offers_later_is_fetched_at_once(bus: MemoryBus) -> None:
    orders = OrderSource(Stage.RUN, "default", bus.work)
    await order(bus, Needs.CONTAINER, "image")
    waiting = asyncio.create_task(fetched(orders, 4, 1))
    await asyncio.sleep(0.05)
    assert not waiting.done(), "its sandboxes are not known yet"
    orders.offer(("docker",))
    assert await waiting == ["image-1"]


async def test_urgent_orders_go_first_and_the_other_queues_take_turns(bus: MemoryBus) -> None:
    await order(bus, Needs.NONE, *(f"plain{n}" for n in range(6)))
    await order(bus, Needs.CONTAINER, *(f"image{n}" for n in range(3)))
    await order(bus, Needs.ANY, "late", urgent=True)
    names = await fetched(source(bus, "docker"), 1, 7)
    assert names == ["late-1", "plain0-1", "image0-1", "plain1-1", "image1-1", "plain2-1", "image2-1"]


async def test_an_idle_worker_hears_of_every_queue(bus: MemoryBus) -> None:
    orders = source(bus, "docker")
    for requirement in (Needs.DOCKER, Needs.NONE, Needs.CONTAINER):
        waiting = asyncio.create_task(fetched(orders, 4, 1))
        await asyncio.sleep(0.02)
        await order(bus, requirement, requirement.value)
        assert await waiting == [f"{requirement}-1"]
    await orders.stop_waiting()


async def test_orders_beyond_the_free_slots_are_returned(bus: MemoryBus) -> None:
    orders = source(bus, "docker")
    waiting = asyncio.create_task(orders.next(1))
    await asyncio.sleep(0.02)
    for requirement in (Needs.NONE, Needs.ANY, Needs.CONTAINER):
        await order(bus, requirement, requirement.value)
    async with asyncio.timeout(30):
        assert len(await waiting) == 1
    assert await left(bus, Needs) == 2
    assert await bus.work.dead_letters() == []


async def test_an_order_that_was_returned_often_goes_first_and_is_never_dead_lettered(bus: MemoryBus) -> None:
    await order(bus, Needs.CONTAINER, "old")
    queue = orders_queue(Stage.RUN, "default", Needs.CONTAINER)
    for _ in range(queue.max_deliver - 1):
        [delivery] = await bus.work.fetch(queue, 1, 0.0)
        await delivery.nak()
    orders = source(bus, "docker")
    orders_taken = await orders.next(1)
    assert [each.deliveries for each in orders_taken] == [queue.max_deliver]
    await order(bus, Needs.NONE, "new")
    fresh = await bus.work.fetch(orders_queue(Stage.RUN), 1, 0.0)
    kept = await orders._keep([*fresh, *orders_taken], 1)  # pyright: ignore[reportPrivateUsage]
    assert [each.message.attempt_id for each in kept] == ["old-1"]
    assert await orders._keep(list(kept), 0) == []  # pyright: ignore[reportPrivateUsage]
    assert await bus.work.dead_letters() == [], "the ledger publishes it again"
    assert await left(bus, (Needs.NONE,)) == 1


async def test_a_source_that_stops_leaves_every_order_to_others(bus: MemoryBus) -> None:
    orders = source(bus, "docker")
    waiting = asyncio.create_task(orders.next(3))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await order(bus, Needs.DOCKER, "image")
    await orders.stop_waiting()
    await wait_until(lambda: len(asyncio.all_tasks()) == 1)
    assert await left(bus, Needs) == 1
