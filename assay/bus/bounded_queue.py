"""What came in and was not read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedQueue(AsyncIterator[T], Generic[T]):
    """Filled by a callback, read with ``async for``. Bounded: when its reader lags, the oldest items give way."""

    def __init__(self, limit: int = 10_000) -> None:
        self._items: deque[T] = deque(maxlen=limit)
        self._changed = asyncio.Event()
        self._closed = False

    def push(self, item: T) -> None:
        self._items.append(item)
        self._changed.set()

    def close(self) -> None:
        """What is left can still be read; then the iteration ends."""
        self._closed = True
        self._changed.set()

    async def __anext__(self) -> T:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._items.popleft()
