"""A bounded queue between a callback and an async reader."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedQueue(AsyncIterator[T], Generic[T]):
    """Filled by a callback, read with ``async for``. If the reader is too slow, the oldest items are dropped."""

    def __init__(self, limit: int = 10_000) -> None:
        self._items: deque[T] = deque(maxlen=limit)
        self._changed = asyncio.Event()

    def push(self, item: T) -> None:
        self._items.append(item)
        self._changed.set()

    async def __anext__(self) -> T:
        while not self._items:
            self._changed.clear()
            await self._changed.wait()
        return self._items.popleft()
