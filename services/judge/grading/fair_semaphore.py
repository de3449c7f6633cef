"""A semaphore that is fair between runs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class FairSemaphore:
    """At most ``slots`` holders at once. Waiting runs are served round robin, each in its own order, so that a small
    run does not wait for everything that a large one requested before it."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def slot(self, run_id: str) -> AsyncGenerator[None]:
        granted = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run_id, deque()).append(granted)
        self._grant()
        try:
            await granted
            yield
        finally:
            if not granted.cancelled():  # a waiter cancelled before it was served never had a slot
                self._free += 1
                self._grant()

    def _grant(self) -> None:
        while self._free and self._waiting:
            run_id, queue = self._waiting.popitem(last=False)
            granted = queue.popleft()
            if queue:
                self._waiting[run_id] = queue
            if not granted.done():
                granted.set_result(None)
                self._free -= 1
