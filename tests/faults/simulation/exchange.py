"""What all lines lead to: one MemoryBus, who answers which request, and messages that are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import Context
from typing import TYPE_CHECKING, Any

from assay.bus.bounded_queue import BoundedQueue
from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope, RpcHandler, StoredFact
from assay.bus.subjects import matches
from assay.contracts.rpc import Request
from tests.faults.simulation.chaos import Chaos

if TYPE_CHECKING:
    from tests.faults.simulation.lines import Line


class Exchange:
    """What all lines lead to. It knows who answers which request, and lets no message out of its hands in time."""

    def __init__(self, chaos: Chaos) -> None:
        self.bus = MemoryBus()
        self.chaos = chaos
        self.lines: dict[str, Line] = {}
        self.listeners: list[tuple[Line, str, BoundedQueue[StoredFact]]] = []
        self._servers: dict[type[Request[Any]], list[tuple[Line, RpcHandler]]] = {}

    def wipe(self) -> None:
        """Deletes the store."""
        self.bus.lose_store()

    async def serve(self, line: Line, answers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        for kind, handler in answers.items():
            known = self._servers.get(kind)
            self._servers[kind] = [*(known or ()), (line, handler)]
            if known is None:
                await self.bus.rpc.serve(kind.service, {kind: self._dispatch(kind)})

    def servers(self, kind: type[Request[Any]]) -> list[tuple[Line, RpcHandler]]:
        """Those that can be reached."""
        return [each for each in self._servers.get(kind, ()) if each[0].process.alive and not each[0].is_cut]

    def _dispatch(self, kind: type[Request[Any]]) -> RpcHandler:
        """The request is worked on in the server's process, whatever becomes of the one that asks."""

        async def answer(request: Any) -> Any:
            servers = self.servers(kind)
            if not servers:
                return await _never()
            line, handler = servers[int(self.chaos.random.random() * len(servers))]
            working = line.process.spawn(line.answer(handler, request))
            await asyncio.wait((working,))
            if working.cancelled() or not line.process.alive:
                return await _never()
            return working.result()

        return answer

    def later(self, seconds: float, envelope: Envelope) -> None:
        def store() -> None:
            apart(self.bus.work.publish([envelope]))

        asyncio.get_running_loop().call_later(seconds, store, context=Context())

    def hear(self, stored: StoredFact) -> None:
        """Core NATS: who listens now hears it, or does not."""
        for line, pattern, inflow in self.listeners:
            if matches(pattern, stored.subject) and not line.is_cut and not self.chaos.happens(self.chaos.odds.lost):
                if self.chaos.happens(self.chaos.odds.lag):
                    asyncio.get_running_loop().call_later(self.chaos.seconds(0.5), inflow.push, stored)
                else:
                    inflow.push(stored)
                if self.chaos.happens(self.chaos.odds.repeated):
                    inflow.push(stored)


async def _never() -> Any:
    await asyncio.get_running_loop().create_future()


def apart(work: Any) -> None:
    """A task that no process owns."""
    asyncio.get_running_loop().create_task(work, context=Context())
