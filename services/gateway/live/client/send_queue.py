"""What waits to be sent to one client, over all its topics, and how much of it there may be."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.gateway.live.client.subscription import Subscription

BATCH_CHARACTERS = 64 * 1024
MAX_CONTROL_FRAMES = 100
WATERMARK_BYTES = 256 * 1024


class SendQueue:
    """Topics take turns, so that a busy one holds up no other; answers and notices go before them all."""

    def __init__(self, max_bytes: int) -> None:
        self._bytes = self._snapshot_bytes = 0
        self._max_bytes = max_bytes
        self._control: deque[str] = deque()
        self._ready_topics: deque[Subscription] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._below_watermark = asyncio.Event()
        self._below_watermark.set()

    def push_control(self, text: str) -> None:
        """A notice that belongs to no topic's order."""
        self._control.append(text)
        self._wake()

    def fits(self, size: int) -> bool:
        return self._bytes + size <= self._max_bytes

    def add_bytes(self, size: int = 0, *, snapshot_size: int = 0) -> None:
        """So much more (or less) is waiting. Snapshots are apart: they are never refused, only put off."""
        self._bytes += size
        self._snapshot_bytes += snapshot_size
        if self._bytes + self._snapshot_bytes <= WATERMARK_BYTES:
            self._below_watermark.set()
        else:
            self._below_watermark.clear()

    def schedule(self, subscription: Subscription) -> None:
        """The subscription has something to send."""
        if not subscription.scheduled:
            subscription.scheduled = True
            self._ready_topics.append(subscription)
            self._wake()

    async def next_batch(self, limit: int = 1) -> list[str]:
        """What to send now: at least one text; up to ``limit``, as long as they are short together."""
        while not (texts := self._pop(limit)):
            self._drained.set()
            self._filled.clear()
            await self._filled.wait()
        return texts

    async def wait_below_watermark(self) -> None:
        """Wait until little enough is waiting that a snapshot may be added."""
        await self._below_watermark.wait()

    async def wait_for_control_capacity(self) -> None:
        """Wait until a client that asks much and reads little has read some."""
        if len(self._control) > MAX_CONTROL_FRAMES:
            await self._drained.wait()

    def _pop(self, limit: int) -> list[str]:
        texts: list[str] = []
        size = 0
        while len(texts) < limit and size < BATCH_CHARACTERS and (text := self._pop_one()) is not None:
            texts.append(text)
            size += len(text)
        return texts

    def _pop_one(self) -> str | None:
        if self._control:
            return self._control.popleft()
        while self._ready_topics:
            subscription = self._ready_topics.popleft()
            text = subscription.pop()
            subscription.scheduled = False
            if subscription.has_pending:
                self.schedule(subscription)
            if text is not None:
                return text
        return None

    def _wake(self) -> None:
        self._drained.clear()
        self._filled.set()
