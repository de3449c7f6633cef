"""The bus in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from assay.bus.memory.clock import Clock, LoopClock
from assay.bus.memory.facts import MemoryFacts, MemoryTail
from assay.bus.memory.link import Link
from assay.bus.memory.rpc import MemoryRpc
from assay.bus.memory.storage import MemoryStorage
from assay.bus.memory.work import MemoryWork
from assay.bus.protocol import Queue


class MemoryBus:
    """One bus shared by all its services. Tests can cut and restore ``link``."""

    def __init__(self, clock: Clock | None = None) -> None:
        clock = clock or LoopClock()
        self.link = Link()
        self.rpc = MemoryRpc(self.link, clock)
        self.work = MemoryWork(self.link, clock)
        self.facts = MemoryFacts(self.link, clock)
        self.tail = MemoryTail(self.link)
        self.storage = MemoryStorage(self.link, self.work, self.facts)

    @property
    def connected(self) -> bool:
        return self.link.connected

    @property
    def reconnects(self) -> int:
        return self.link.reconnects

    @property
    def closed(self) -> asyncio.Event:
        return self.link.closed

    async def provision(self, queues: Sequence[Queue[Any]]) -> None:
        for queue in queues:
            self.work.queue_state(queue)

    def lose_store(self) -> None:
        """As if the store had been deleted: all messages are lost and positions start again."""
        self.work.lose_messages()
        self.facts.lose_messages()
        self.storage.recreate()

    async def close(self) -> None:
        self.link.close()
