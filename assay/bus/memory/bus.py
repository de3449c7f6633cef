"""The four planes in memory, as one bus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from assay.bus.memory.clock import Clock, LoopClock
from assay.bus.memory.facts import MemoryFacts, MemoryTail
from assay.bus.memory.line import Line
from assay.bus.memory.rpc import MemoryRpc
from assay.bus.memory.storage import MemoryStorage
from assay.bus.memory.work import MemoryWork
from assay.bus.protocol import Facts, Queue, Rpc, Storage, Tail, Work


class MemoryBus:
    """One object is the whole bus: services that are to meet share it. ``line`` can be cut and mended."""

    def __init__(self, clock: Clock | None = None) -> None:
        clock = clock or LoopClock()
        self.line = Line()
        self._rpc = MemoryRpc(self.line, clock)
        self._work = MemoryWork(self.line, clock)
        self._facts = MemoryFacts(self.line, clock)
        self._tail = MemoryTail(self.line)
        self._storage = MemoryStorage(self.line, self._work, self._facts)

    @property
    def rpc(self) -> Rpc:
        return self._rpc

    @property
    def work(self) -> Work:
        return self._work

    @property
    def facts(self) -> Facts:
        return self._facts

    @property
    def tail(self) -> Tail:
        return self._tail

    @property
    def storage(self) -> Storage:
        return self._storage

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
            self._work.shelf(queue)

    def forget(self) -> None:
        """As if the store had been deleted: what is in it is gone, and what comes next begins anew."""
        self._work.forget()
        self._facts.forget()
        self._storage.began_anew()

    async def close(self) -> None:
        self.line.close()
