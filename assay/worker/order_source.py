"""Fetches orders from all queues that the worker can serve with the sandboxes it offers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from assay.bus.protocol import Delivery, Queue, Work
from assay.bus.queues import orders_queue
from assay.contracts.attempts import Order, Stage
from assay.contracts.sandboxes import requirements_met

_FETCH_SECONDS = 5.0
_EMPTY_SECONDS = 0.1
"""A queue that was empty is not asked again for this long while other queues have orders."""
_MAX_RETURNS = 3
"""Less than a queue's ``max_deliver``, which is meant for orders that crash their workers."""

Orders = list[Delivery[Order]]


@dataclass(frozen=True, slots=True)
class _Wait:
    """A fetch in progress that waits for the first of at most ``limit`` orders."""

    task: asyncio.Task[Sequence[Delivery[Order]]]
    limit: int


class OrderSource:
    """``offer`` says which kinds of sandbox the worker offers. Urgent queues go first, the others in turn."""

    def __init__(self, stage: Stage, pool: str, work: Work) -> None:
        self._stage, self._pool, self._work = stage, pool, work
        self._urgent: list[Queue[Order]] = []
        self._regular: list[Queue[Order]] = []
        self._waits: dict[str, _Wait] = {}
        self._empty_until: dict[str, float] = {}
        self._offer_changed = asyncio.Event()
        self.offer(None)

    def offer(self, sandboxes: Sequence[str] | None) -> None:
        """Fetch from the queues that a worker with these kinds can serve. None: it does not know them yet."""
        met = requirements_met(sandboxes)
        self._regular = [orders_queue(self._stage, self._pool, each) for each in met]
        runs = self._stage is Stage.RUN
        self._urgent = [orders_queue(self._stage, self._pool, each, urgent=True) for each in met] if runs else []
        self._offer_changed.set()

    async def next(self, free: int) -> Orders:
        """Up to ``free`` orders, at least one unless none came within some seconds or the offer changed."""
        if self._offer_changed.is_set():
            self._offer_changed.clear()
            await self.stop_waiting()
        found = await self._fetch_available(free) or await self._wait(free)
        orders = await self._keep(found, free)
        if sum(wait.limit for wait in self._waits.values()) > free - len(orders):
            orders += await self._keep(await self._end_waits(), free - len(orders))
        return orders

    async def stop_waiting(self) -> None:
        """Return what was fetched and not taken."""
        await self._keep(await self._end_waits(), 0)

    async def _fetch_available(self, free: int) -> Orders:
        """Orders of the first queue that has some. Queues that are waited for have none."""
        clock = asyncio.get_running_loop().time
        for queue in (*self._urgent, *self._regular):
            if queue.name in self._waits or self._empty_until.get(queue.name, 0.0) > clock():
                continue
            if orders := await self._work.fetch(queue, free, 0.0):
                self._put_last(queue)
                return list(orders)
            self._empty_until[queue.name] = clock() + _EMPTY_SECONDS
        return []

    def _put_last(self, queue: Queue[Order]) -> None:
        """The other regular queues are next, so that each gets its turn."""
        if queue in self._regular:
            place = self._regular.index(queue) + 1
            self._regular = self._regular[place:] + self._regular[:place]

    async def _wait(self, free: int) -> Orders:
        """Wait for orders on all queues at once. The free slots are divided between them; fetches that go on are kept
        for the next time, unless there are fewer slots by then."""
        queues = (*self._urgent, *self._regular)
        for queue in queues:
            if queue.name not in self._waits:
                limit = max(1, free // len(queues))
                fetching = asyncio.ensure_future(self._work.fetch(queue, limit, _FETCH_SECONDS))
                self._waits[queue.name] = _Wait(fetching, limit)
        changed = asyncio.ensure_future(self._offer_changed.wait())
        try:
            tasks = [wait.task for wait in self._waits.values()]
            await asyncio.wait((*tasks, changed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        ended = [name for name, wait in self._waits.items() if wait.task.done()]
        empty_until = asyncio.get_running_loop().time() + _EMPTY_SECONDS
        self._empty_until |= dict.fromkeys(ended, empty_until)
        return [order for name in ended for order in self._waits.pop(name).task.result()]

    async def _end_waits(self) -> Orders:
        """End all fetches in progress; returns the orders of those that had ended by themselves. Those on their way are
        returned by the bus."""
        waits, self._waits = self._waits, {}
        tasks = [wait.task for wait in waits.values()]
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return [order for result in results if not isinstance(result, BaseException) for order in result]

    async def _keep(self, orders: Orders, free: int) -> Orders:
        """Of more orders than there are free slots, return those with the fewest deliveries. One that was returned
        often is acknowledged instead: the ledger publishes it again, because nobody claims it."""
        if len(orders) <= free:
            return orders
        by_deliveries = sorted(orders, key=lambda order: -order.deliveries)
        for order in by_deliveries[free:]:
            await (order.nak() if order.deliveries < _MAX_RETURNS else order.ack())
        return by_deliveries[:free]
