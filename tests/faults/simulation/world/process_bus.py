"""One process's connection to the bus, on which messages are lost, delayed and repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from assay.bus.bounded_queue import BoundedQueue
from assay.bus.errors import BusUnavailable
from assay.bus.memory.storage import MemoryStorage
from assay.bus.protocol import Bus, DeadLetter, Delivery, Envelope, Queue, RpcHandler, StoredFact, StreamState
from assay.contracts.codec import Message
from assay.contracts.rpc import Request
from tests.faults.simulation.world.fault_injection import FaultInjector
from tests.faults.simulation.world.network import Network, spawn_unowned
from tests.faults.simulation.world.process import Process


def connect(network: Network, process: Process) -> ProcessBus:
    bus = network.connections[process.name] = ProcessBus(network, process)
    return bus


class ProcessBus(Bus):
    """All planes of the bus, under one set of faults."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network, self._faults, self.process = network, network.faults, process
        self._up = asyncio.Event()
        self._up.set()
        self._closed = asyncio.Event()
        self._reconnects = 0
        self._work, self._facts = ProcessWork(self, network), ProcessFacts(self, network)
        self._rpc, self._tail = ProcessRpc(self, network), ProcessTail(self)
        self._storage = ProcessStorage(self, network)

    @property
    def is_disconnected(self) -> bool:
        return not self._up.is_set()

    def disconnect(self) -> None:
        self._up.clear()

    def reconnect(self) -> None:
        """Counts as a reconnect even if the connection was up: messages may have been lost on it."""
        self._reconnects += 1
        self._up.set()

    async def wait_until_connected(self) -> None:
        await self._up.wait()
        await self.process.wait_until_running()

    async def step(self, place: str) -> None:
        await self._faults.step(self.process, place)

    async def answer(self, handler: RpcHandler, request: Any) -> Any:
        name = request.name()
        await self.step(f"answers {name}")
        reply = await handler(request)
        await self.step(f"answered {name}")
        return reply

    @property
    def rpc(self) -> ProcessRpc:
        return self._rpc

    @property
    def work(self) -> ProcessWork:
        return self._work

    @property
    def facts(self) -> ProcessFacts:
        return self._facts

    @property
    def tail(self) -> ProcessTail:
        return self._tail

    @property
    def storage(self) -> ProcessStorage:
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
        await self._network.bus.provision(queues)

    async def close(self) -> None:
        self._closed.set()


class ProcessRpc:
    def __init__(self, bus: ProcessBus, network: Network) -> None:
        self._bus, self._network, self._faults = bus, network, network.faults

    async def request(self, request: Request[Any], timeout_seconds: float = 5.0) -> Any:
        faults, bus, name = self._faults, self._network.bus, request.name()
        await self._bus.step(f"requests {name}")
        if self._bus.is_disconnected or not self._network.servers(type(request)):
            raise BusUnavailable(f"no server for {name}")
        if faults.happens(faults.odds.lost):
            await self._time_out(name, timeout_seconds)
        if faults.happens(faults.odds.repeated):
            spawn_unowned(_ignore_errors(bus.rpc.request(request, timeout_seconds)))
        reply = await bus.rpc.request(request, timeout_seconds)
        if faults.happens(faults.odds.lost) or self._bus.is_disconnected:
            await self._time_out(name, timeout_seconds)
        await self._bus.step(f"reply to {name}")
        return reply

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        await self._bus.step("serve")
        await self._network.serve(self._bus, handlers)

    async def serve_broadcast(self, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        """No simulated process asks for tails."""

    async def _time_out(self, name: str, timeout_seconds: float) -> None:
        await asyncio.sleep(timeout_seconds)
        await self._bus.process.wait_until_running()
        raise BusUnavailable(f"{name} was not answered within {timeout_seconds:g} s")


async def _ignore_errors(request: Coroutine[Any, Any, Any]) -> None:
    try:
        await request
    except Exception:
        return


class ProcessWork:
    def __init__(self, bus: ProcessBus, network: Network) -> None:
        self._bus, self._network, self._faults = bus, network, network.faults

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        faults, odds = self._faults, self._faults.odds
        await self._bus.step("publish")
        await self._bus.wait_until_connected()
        on_time: list[Envelope] = []
        for envelope in envelopes:
            if faults.happens(odds.late):
                self._network.publish_later(faults.seconds(odds.late_seconds), envelope)
            else:
                on_time.append(envelope)
            copies = 0 if faults.stopped else odds.copies - 1 + faults.happens(odds.repeated)
            for copy in range(copies):
                duplicate = replace(envelope, message_id=f"{envelope.message_id}~{copy}")
                self._network.publish_later(faults.seconds(odds.late_seconds), duplicate)
        if on_time:
            await self._network.bus.work.publish(on_time)
        await self._bus.step("published")

    async def fetch(self, queue: Queue[Any], limit: int, wait_seconds: float) -> Sequence[Delivery[Any]]:
        faults, odds = self._faults, self._faults.odds
        await self._bus.step(f"fetch {queue.name}")
        if self._bus.is_disconnected:
            await asyncio.sleep(wait_seconds)
            return []
        found = await self._network.bus.work.fetch(queue, limit, wait_seconds)
        if self._bus.is_disconnected:
            return []
        if found and not faults.stopped:
            found = [each for each in found if not faults.happens(odds.lost)]
            found += [each for each in found if len(found) < limit and faults.happens(odds.repeated)]
            if faults.happens(odds.late):
                faults.random.shuffle(found)
        await self._bus.step(f"fetched {len(found)} {queue.name}")
        return [ProcessDelivery(self._bus, self._faults, each) for each in found]

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        await self._bus.step("in progress")
        if not self._bus.is_disconnected:
            inner = [each.inner for each in deliveries if isinstance(each, ProcessDelivery)]
            await self._network.bus.work.in_progress(inner)

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        await self._bus.step("dead letters")
        return await self._network.bus.work.dead_letters(after, limit)


class ProcessDelivery(Delivery[Any]):
    def __init__(self, bus: ProcessBus, faults: FaultInjector, inner: Delivery[Any]) -> None:
        self._bus, self._faults, self.inner = bus, faults, inner

    @property
    def message(self) -> Any:
        return self.inner.message

    @property
    def deliveries(self) -> int:
        return self.inner.deliveries

    async def ack(self) -> None:
        await self._bus.step("ack")
        if self._arrives():
            await self.inner.ack()

    async def nak(self, delay_seconds: float = 0.0) -> None:
        await self._bus.step("nak")
        if self._arrives():
            await self.inner.nak(delay_seconds)

    async def dead_letter(self, reason: str) -> None:
        await self._bus.step("dead letter")
        await self._bus.wait_until_connected()
        await self.inner.dead_letter(reason)

    def _arrives(self) -> bool:
        return not self._bus.is_disconnected and not self._faults.happens(self._faults.odds.lost)


class ProcessFacts:
    def __init__(self, bus: ProcessBus, network: Network) -> None:
        self._bus, self._network = bus, network

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await self._bus.step("publish facts")
        await self._bus.wait_until_connected()
        await self._network.bus.facts.publish(envelopes)
        for envelope in envelopes:
            self._network.deliver(StoredFact(subject=envelope.subject, position=0, payload=envelope.payload))
        await self._bus.step("published facts")

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        await self._bus.step("listen")
        entry = (self._bus, pattern, BoundedQueue[StoredFact]())
        self._network.listeners.append(entry)
        try:
            yield entry[2]
        finally:
            self._network.listeners.remove(entry)

    @asynccontextmanager
    async def replay(self, pattern: str, after: int = 0) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        async with self._network.bus.facts.replay(pattern, after) as stored:
            yield stored


class ProcessStorage:
    """The streams of the shared bus, while this process is connected."""

    def __init__(self, bus: ProcessBus, network: Network) -> None:
        self._bus, self._network = bus, network

    async def states(self) -> Sequence[StreamState]:
        return await (await self._reach("states")).states()

    async def verify(self) -> Sequence[StreamState]:
        return await (await self._reach("verify")).verify()

    async def fact_id(self, position: int) -> str:
        return await (await self._reach("fact id")).fact_id(position)

    async def round_trip(self, timeout_seconds: float) -> float:
        return await (await self._reach("round trip")).round_trip(timeout_seconds)

    async def purge_settled_reports(self) -> int:
        return await (await self._reach("purge settled reports")).purge_settled_reports()

    async def waiting_reports(self) -> int:
        return await (await self._reach("waiting reports")).waiting_reports()

    async def _reach(self, place: str) -> MemoryStorage:
        await self._bus.step(place)
        if self._bus.is_disconnected:
            raise BusUnavailable("disconnected")
        return self._network.bus.storage


class ProcessTail:
    """The simulation drops the tail."""

    def __init__(self, bus: ProcessBus) -> None:
        self._bus = bus

    async def emit(self, subject: str, message: Message) -> None:
        return

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        yield BoundedQueue[bytes]()
