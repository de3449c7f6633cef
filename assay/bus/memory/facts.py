"""Facts and tails in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from assay.bus.bounded_queue import Inflow
from assay.bus.memory.clock import Clock
from assay.bus.memory.dedup import Recent
from assay.bus.memory.link import Line
from assay.bus.protocol import Envelope, Stored
from assay.bus.subjects import check_storable, matches
from assay.contracts.codec import Message, encode
from assay.contracts.subjects import FACTS


class MemoryFacts:
    def __init__(self, line: Line, clock: Clock) -> None:
        self._line, self._clock, self._recent = line, clock, Recent(clock)
        self._log: list[Stored] = []
        self._ids: list[str] = []
        self._listeners: list[tuple[str, Inflow[Stored]]] = []
        self._grown = asyncio.Event()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            check_storable(envelope, FACTS)
        await self._line.up()
        for envelope in envelopes:
            if self._recent.is_new(envelope.message_id):
                self._store(envelope)

    def _store(self, envelope: Envelope) -> None:
        self._log.append(Stored(subject=envelope.subject, position=len(self._log) + 1, payload=envelope.payload))
        self._ids.append(envelope.message_id)
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        live = Stored(subject=envelope.subject, position=0, payload=envelope.payload)
        for pattern, inflow in self._listeners:
            if matches(pattern, envelope.subject):
                inflow.push(live)

    @property
    def last(self) -> int:
        return len(self._log)

    def id_at(self, position: int) -> str:
        return self._ids[position - 1] if 1 <= position <= len(self._ids) else ""

    def forget(self) -> None:
        self._log, self._ids, self._recent = [], [], Recent(self._clock)

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[Stored]]:
        entry = (pattern, Inflow[Stored]())
        self._listeners.append(entry)
        try:
            yield entry[1]
        finally:
            self._listeners.remove(entry)

    @asynccontextmanager
    async def replay(self, pattern: str, after: int = 0) -> AsyncGenerator[AsyncIterator[Stored]]:
        stored = self._stored(pattern, after if after <= len(self._log) else 0)
        try:
            yield stored
        finally:
            await stored.aclose()

    async def _stored(self, pattern: str, after: int) -> AsyncGenerator[Stored]:
        while True:
            while after < len(self._log):
                after += 1
                if matches(pattern, self._log[after - 1].subject):
                    yield self._log[after - 1]
            await self._grown.wait()
            await self._line.up()


class MemoryTail:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._listeners: list[tuple[str, Inflow[bytes]]] = []

    async def emit(self, subject: str, message: Message) -> None:
        payload = encode(message)
        for pattern, inflow in self._listeners if self._line.connected else ():
            if matches(pattern, subject):
                inflow.push(payload)

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        entry = (pattern, Inflow[bytes]())
        self._listeners.append(entry)
        try:
            yield entry[1]
        finally:
            self._listeners.remove(entry)
