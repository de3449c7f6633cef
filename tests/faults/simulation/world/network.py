"""The network between processes: one MemoryBus, the processes that serve each request, and messages in transit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextvars import Context
from typing import Any, Protocol

from assay.bus.bounded_queue import BoundedQueue
from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope, RpcHandler, StoredFact
from assay.bus.subjects import matches
from assay.contracts.rpc import Request
from tests.faults.simulation.world.fault_injection import FaultInjector
from tests.faults.simulation.world.process import Process


class Connection(Protocol):
    """One process's connection to the network."""

    process: Process

    @property
    def is_disconnected(self) -> bool: ...
    def disconnect(self) -> None: ...
    def reconnect(self) -> None: ...
    async def answer(self, handler: RpcHandler, request: Any) -> Any: ...


class Network:
    def __init__(self, faults: FaultInjector) -> None:
        self.bus = MemoryBus()
        self.faults = faults
        self.connections: dict[str, Connection] = {}
        self.listeners: list[tuple[Connection, str, BoundedQueue[StoredFact]]] = []
        self._servers: dict[type[Request[Any]], list[tuple[Connection, RpcHandler]]] = {}

    def delete_stream_store(self) -> None:
        self.bus.lose_store()

    async def serve(self, connection: Connection, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        for kind, handler in handlers.items():
            known = self._servers.get(kind)
            self._servers[kind] = [*(known or ()), (connection, handler)]
            if known is None:
                await self.bus.rpc.serve(kind.service, {kind: self._dispatch(kind)})

    def servers(self, kind: type[Request[Any]]) -> list[tuple[Connection, RpcHandler]]:
        """The servers that are alive and connected."""
        return [each for each in self._servers.get(kind, ()) if each[0].process.alive and not each[0].is_disconnected]

    def _dispatch(self, kind: type[Request[Any]]) -> RpcHandler:
        """The server's process handles the request to its end, even if the requesting process dies meanwhile."""

        async def answer(request: Any) -> Any:
            servers = self.servers(kind)
            if not servers:
                return await _wait_forever()
            connection, handler = servers[int(self.faults.random.random() * len(servers))]
            task = connection.process.spawn(connection.answer(handler, request))
            await asyncio.wait((task,))
            if task.cancelled() or not connection.process.alive:
                return await _wait_forever()
            return task.result()

        return answer

    def publish_later(self, seconds: float, envelope: Envelope) -> None:
        def publish() -> None:
            spawn_unowned(self.bus.work.publish([envelope]))

        asyncio.get_running_loop().call_later(seconds, publish, context=Context())

    def deliver(self, stored: StoredFact) -> None:
        """As core NATS does: connected listeners receive the fact, unless a fault loses it."""
        faults = self.faults
        for connection, pattern, queue in self.listeners:
            if (
                matches(pattern, stored.subject)
                and not connection.is_disconnected
                and not faults.happens(faults.odds.lost)
            ):
                if faults.happens(faults.odds.late):
                    asyncio.get_running_loop().call_later(faults.seconds(0.5), queue.push, stored)
                else:
                    queue.push(stored)
                if faults.happens(faults.odds.repeated):
                    queue.push(stored)


async def _wait_forever() -> Any:
    await asyncio.get_running_loop().create_future()


def spawn_unowned(work: Coroutine[Any, Any, Any]) -> None:
    """Start a task that belongs to no process."""
    asyncio.get_running_loop().create_task(work, context=Context())
