"""Whose turn it is at what there is little of."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class FairSemaphore:
    """At most ``slots`` at once. Runs that wait are served by turns, each in its own order: a small one does not stand
    behind all that a large one brought before it."""

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
            if not granted.cancelled():  # whoever is cancelled while waiting never had a slot
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
