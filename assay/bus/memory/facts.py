"""Facts and tails in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from assay.bus.bounded_queue import BoundedQueue
from assay.bus.memory.clock import Clock
from assay.bus.memory.dedup import RecentIds
from assay.bus.memory.link import Link
from assay.bus.protocol import Envelope, StoredFact
from assay.bus.subjects import check_storable, matches
from assay.contracts.codec import Message, encode
from assay.contracts.subjects import FACTS


class MemoryFacts:
    def __init__(self, link: Link, clock: Clock) -> None:
        self._link, self._clock, self._recent = link, clock, RecentIds(clock)
        self._log: list[StoredFact] = []
        self._ids: list[str] = []
        self._listeners: list[tuple[str, BoundedQueue[StoredFact]]] = []
        self._grown = asyncio.Event()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            check_storable(envelope, FACTS)
        await self._link.up()
        for envelope in envelopes:
            if self._recent.is_new(envelope.message_id):
                self._store(envelope)

    def _store(self, envelope: Envelope) -> None:
        self._log.append(StoredFact(subject=envelope.subject, position=len(self._log) + 1, payload=envelope.payload))
        self._ids.append(envelope.message_id)
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        live = StoredFact(subject=envelope.subject, position=0, payload=envelope.payload)
        for pattern, queue in self._listeners:
            if matches(pattern, envelope.subject):
                queue.push(live)

    @property
    def last(self) -> int:
        return len(self._log)

    def id_at(self, position: int) -> str:
        return self._ids[position - 1] if 1 <= position <= len(self._ids) else ""

    def lose_messages(self) -> None:
        self._log, self._ids, self._recent = [], [], RecentIds(self._clock)

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        entry = (pattern, BoundedQueue[StoredFact]())
        self._listeners.append(entry)
        try:
            yield entry[1]
        finally:
            self._listeners.remove(entry)

    @asynccontextmanager
    async def replay(self, pattern: str, after: int = 0) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        stored = self._stored(pattern, after if after <= len(self._log) else 0)
        try:
            yield stored
        finally:
            await stored.aclose()

    async def _stored(self, pattern: str, after: int) -> AsyncGenerator[StoredFact]:
        while True:
            while after < len(self._log):
                after += 1
                if matches(pattern, self._log[after - 1].subject):
                    yield self._log[after - 1]
            await self._grown.wait()
            await self._link.up()


class MemoryTail:
    def __init__(self, link: Link) -> None:
        self._link = link
        self._listeners: list[tuple[str, BoundedQueue[bytes]]] = []

    async def emit(self, subject: str, message: Message) -> None:
        payload = encode(message)
        for pattern, queue in self._listeners if self._link.connected else ():
            if matches(pattern, subject):
                queue.push(payload)

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        entry = (pattern, BoundedQueue[bytes]())
        self._listeners.append(entry)
        try:
            yield entry[1]
        finally:
            self._listeners.remove(entry)
