"""The bus as each process has it: a line of its own to one MemoryBus, on which messages are lost, late and repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from assay.bus.bounded_queue import BoundedQueue
from assay.bus.errors import BusUnavailable
from assay.bus.memory.storage import MemoryStorage
from assay.bus.protocol import Bus, DeadLetter, Delivery, Envelope, Queue, RpcHandler, StoredFact, StreamState
from assay.contracts.codec import Message
from assay.contracts.rpc import Request
from tests.faults.simulation.chaos import Chaos
from tests.faults.simulation.exchange import Exchange, apart
from tests.faults.simulation.processes import Process


def connect(exchange: Exchange, process: Process) -> Line:
    line = exchange.lines[process.name] = Line(exchange, process)
    return line


class Line(Bus):
    """One process's connection; all four planes in one object, since chance treats them alike."""

    def __init__(self, exchange: Exchange, process: Process) -> None:
        self._exchange, self._chaos, self.process = exchange, exchange.chaos, process
        self._up = asyncio.Event()
        self._up.set()
        self._closed = asyncio.Event()
        self._reconnects = 0
        self._work, self._facts = LineWork(self, exchange), LineFacts(self, exchange)
        self._rpc, self._tail = LineRpc(self, exchange), LineTail(self)
        self._storage = LineStorage(self, exchange)

    @property
    def is_cut(self) -> bool:
        return not self._up.is_set()

    def cut(self) -> None:
        self._up.clear()

    def mend(self) -> None:
        """Also what was never cut may have missed something, and is told to look."""
        self._reconnects += 1
        self._up.set()

    async def up(self) -> None:
        await self._up.wait()
        await self.process.check()

    async def step(self, place: str) -> None:
        await self._chaos.step(self.process, place)

    async def answer(self, handler: RpcHandler, request: Any) -> Any:
        name = request.name()
        await self.step(f"answers {name}")
        reply = await handler(request)
        await self.step(f"answered {name}")
        return reply

    @property
    def rpc(self) -> LineRpc:
        return self._rpc

    @property
    def work(self) -> LineWork:
        return self._work

    @property
    def facts(self) -> LineFacts:
        return self._facts

    @property
    def tail(self) -> LineTail:
        return self._tail

    @property
    def storage(self) -> LineStorage:
        return self._storage

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    @property
    def reconnects(self) -> int:
        return self._reconnects

    @property
    def closed(self) -> asyncio.Event:
        return self._closed

    async def provision(self, queues: Sequence[Queue[Any]]) -> None:
        await self.step("provision")
        await self._exchange.bus.provision(queues)

    async def close(self) -> None:
        self._closed.set()


class LineRpc:
    def __init__(self, line: Line, exchange: Exchange) -> None:
        self._line, self._exchange, self._chaos = line, exchange, exchange.chaos

    async def request(self, request: Request[Any], timeout_seconds: float = 5.0) -> Any:
        chaos, bus, name = self._chaos, self._exchange.bus, request.name()
        await self._line.step(f"asks {name}")
        if self._line.is_cut or not self._exchange.servers(type(request)):
            raise BusUnavailable(f"nobody answers {name}")
        if chaos.happens(chaos.odds.lost):
            await self._silence(name, timeout_seconds)
        if chaos.happens(chaos.odds.repeated):
            apart(_ignored(bus.rpc.request(request, timeout_seconds)))
        reply = await bus.rpc.request(request, timeout_seconds)
        if chaos.happens(chaos.odds.lost) or self._line.is_cut:
            await self._silence(name, timeout_seconds)
        await self._line.step(f"heard {name}")
        return reply

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        await self._line.step("serve")
        await self._exchange.serve(self._line, handlers)

    async def _silence(self, name: str, timeout_seconds: float) -> None:
        await asyncio.sleep(timeout_seconds)
        await self._line.process.check()
        raise BusUnavailable(f"{name} was not answered within {timeout_seconds:g} s")


async def _ignored(asked: Any) -> None:
    try:
        await asked
    except Exception:
        return


class LineWork:
    def __init__(self, line: Line, exchange: Exchange) -> None:
        self._line, self._exchange, self._chaos = line, exchange, exchange.chaos

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        chaos, odds = self._chaos, self._chaos.odds
        await self._line.step("publish")
        await self._line.up()
        at_once: list[Envelope] = []
        for envelope in envelopes:
            late = chaos.happens(odds.lag)
            if late:
                self._exchange.later(chaos.seconds(odds.lag_seconds), envelope)
            else:
                at_once.append(envelope)
            copies = 0 if chaos.calm else odds.copies - 1 + chaos.happens(odds.repeated)
            for copy in range(copies):
                twin = replace(envelope, message_id=f"{envelope.message_id}~{copy}")
                self._exchange.later(chaos.seconds(odds.lag_seconds), twin)
        if at_once:
            await self._exchange.bus.work.publish(at_once)
        await self._line.step("published")

    async def fetch(self, queue: Queue[Any], limit: int, wait_seconds: float) -> Sequence[Delivery[Any]]:
        chaos, odds = self._chaos, self._chaos.odds
        await self._line.step(f"fetch {queue.name}")
        if self._line.is_cut:
            await asyncio.sleep(wait_seconds)
            return []
        found = await self._exchange.bus.work.fetch(queue, limit, wait_seconds)
        if self._line.is_cut:
            return []
        if found and not chaos.calm:
            found = [each for each in found if not chaos.happens(odds.lost)]
            found += [each for each in found if len(found) < limit and chaos.happens(odds.repeated)]
            if chaos.happens(odds.lag):
                chaos.random.shuffle(found)
        await self._line.step(f"fetched {len(found)} {queue.name}")
        return [LineDelivery(self._line, self._chaos, each) for each in found]

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        await self._line.step("in progress")
        if not self._line.is_cut:
            there = [each.there for each in deliveries if isinstance(each, LineDelivery)]
            await self._exchange.bus.work.in_progress(there)

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        await self._line.step("dead letters")
        return await self._exchange.bus.work.dead_letters(after, limit)


class LineDelivery(Delivery[Any]):
    def __init__(self, line: Line, chaos: Chaos, there: Delivery[Any]) -> None:
        self._line, self._chaos, self.there = line, chaos, there

    @property
    def message(self) -> Any:
        return self.there.message

    @property
    def deliveries(self) -> int:
        return self.there.deliveries

    async def ack(self) -> None:
        await self._line.step("ack")
        if self._heard():
            await self.there.ack()

    async def nak(self, delay_seconds: float = 0.0) -> None:
        await self._line.step("nak")
        if self._heard():
            await self.there.nak(delay_seconds)

    async def dead_letter(self, reason: str) -> None:
        await self._line.step("bury")
        await self._line.up()
        await self.there.dead_letter(reason)

    def _heard(self) -> bool:
        return not self._line.is_cut and not self._chaos.happens(self._chaos.odds.lost)


class LineFacts:
    def __init__(self, line: Line, exchange: Exchange) -> None:
        self._line, self._exchange = line, exchange

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await self._line.step("tell")
        await self._line.up()
        await self._exchange.bus.facts.publish(envelopes)
        for envelope in envelopes:
            self._exchange.hear(StoredFact(subject=envelope.subject, position=0, payload=envelope.payload))
        await self._line.step("told")

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        await self._line.step("listen")
        entry = (self._line, pattern, BoundedQueue[StoredFact]())
        self._exchange.listeners.append(entry)
        try:
            yield entry[2]
        finally:
            self._exchange.listeners.remove(entry)

    @asynccontextmanager
    async def replay(self, pattern: str, after: int = 0) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        async with self._exchange.bus.facts.replay(pattern, after) as stored:
            yield stored


class LineStorage:
    """What the bus stores, as far as this line leads to it."""

    def __init__(self, line: Line, exchange: Exchange) -> None:
        self._line, self._exchange = line, exchange

    async def states(self) -> Sequence[StreamState]:
        return await (await self._reached("states")).states()

    async def verify(self) -> Sequence[StreamState]:
        return await (await self._reached("verify")).verify()

    async def fact_id(self, position: int) -> str:
        return await (await self._reached("fact id")).fact_id(position)

    async def round_trip(self, timeout_seconds: float) -> float:
        return await (await self._reached("round trip")).round_trip(timeout_seconds)

    async def purge_settled_reports(self) -> int:
        return await (await self._reached("purge settled reports")).purge_settled_reports()

    async def _reached(self, place: str) -> MemoryStorage:
        await self._line.step(place)
        if self._line.is_cut:
            raise BusUnavailable("the line is cut")
        return self._exchange.bus.storage


class LineTail:
    """Nobody looks at the tail here."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def emit(self, subject: str, message: Message) -> None:
        return

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        yield BoundedQueue[bytes]()
