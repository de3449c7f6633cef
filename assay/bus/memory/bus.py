"""The four planes in memory, as one bus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from assay.bus.memory.clock import Clock, LoopClock
from assay.bus.memory.facts import MemoryFacts, MemoryTail
from assay.bus.memory.link import Line
from assay.bus.memory.rpc import MemoryRpc
from assay.bus.memory.storage import MemoryStorage
from assay.bus.memory.work import MemoryWork
from assay.bus.protocol import Queue


class MemoryBus:
    """One object is the whole bus: services that are to meet share it. ``line`` can be cut and mended."""

    def __init__(self, clock: Clock | None = None) -> None:
        clock = clock or LoopClock()
        self.line = Line()
        self.rpc = MemoryRpc(self.line, clock)
        self.work = MemoryWork(self.line, clock)
        self.facts = MemoryFacts(self.line, clock)
        self.tail = MemoryTail(self.line)
        self.storage = MemoryStorage(self.line, self.work, self.facts)

    @property
    def connected(self) -> bool:
        return self.line.connected

    @property
    def reconnects(self) -> int:
        return self.line.reconnects

    @property
    def closed(self) -> asyncio.Event:
        return self.line.closed

    async def provision(self, queues: Sequence[Queue[Any]]) -> None:
        for queue in queues:
            self.work.shelf(queue)

    def forget(self) -> None:
        """As if the store had been deleted: what is in it is gone, and what comes next begins anew."""
        self.work.forget()
        self.facts.forget()
        self.storage.began_anew()

    async def close(self) -> None:
        self.line.close()
