"""What waits to be sent to one client, over all its topics, and how much of it there may be."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.gateway.live.client.subscription import Subscription

BATCH_CHARACTERS = 64 * 1024
_FULL_CONTROL = 100
_CALM_BYTES = 256 * 1024


class Outbox:
    """Topics take turns, so that a busy one holds up no other; answers and notices go before them all."""

    def __init__(self, max_bytes: int) -> None:
        self._bytes = self._snapshot_bytes = 0
        self._max_bytes = max_bytes
        self._control: deque[str] = deque()
        self._turns: deque[Subscription] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._calm = asyncio.Event()
        self._calm.set()

    def say(self, text: str) -> None:
        """A notice that belongs to no topic's order."""
        self._control.append(text)
        self._wake()

    def fits(self, size: int) -> bool:
        return self._bytes + size <= self._max_bytes

    def count(self, size: int = 0, *, snapshot_size: int = 0) -> None:
        """So much more (or less) is waiting. Snapshots are apart: they are never refused, only put off."""
        self._bytes += size
        self._snapshot_bytes += snapshot_size
        if self._bytes + self._snapshot_bytes <= _CALM_BYTES:
            self._calm.set()
        else:
            self._calm.clear()

    def ready(self, subscription: Subscription) -> None:
        """The subscription has something to send."""
        if not subscription.in_turn:
            subscription.in_turn = True
            self._turns.append(subscription)
            self._wake()

    async def next(self, limit: int = 1) -> list[str]:
        """What to send now: at least one text; up to ``limit``, as long as they are short together."""
        while not (texts := self._pop(limit)):
            self._drained.set()
            self._filled.clear()
            await self._filled.wait()
        return texts

    async def calm(self) -> None:
        """Wait until little enough is waiting that a snapshot may be added."""
        await self._calm.wait()

    async def room(self) -> None:
        """Wait until a client that asks much and reads little has read some."""
        if len(self._control) > _FULL_CONTROL:
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
        while self._turns:
            subscription = self._turns.popleft()
            text = subscription.pop()
            subscription.in_turn = False
            if subscription.waiting:
                self.ready(subscription)
            if text is not None:
                return text
        return None

    def _wake(self) -> None:
        self._drained.clear()
        self._filled.set()
