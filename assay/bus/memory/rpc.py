"""Requests and replies in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from assay.bus.errors import BusUnavailable
from assay.bus.memory.clock import Clock, within
from assay.bus.memory.link import Link
from assay.bus.protocol import RpcHandler
from assay.bus.rpc_dispatch import Reply, decode_reply, dispatch
from assay.contracts import subjects
from assay.contracts.codec import encode
from assay.contracts.rpc import Request
from assay.tracing import carrier

R = TypeVar("R")


class MemoryRpc:
    def __init__(self, link: Link, clock: Clock) -> None:
        self._link, self._clock = link, clock
        self._servers: dict[str, list[tuple[type[Request[Any]], RpcHandler]]] = {}
        self._broadcast: set[str] = set()

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        for kind, handler in handlers.items():
            self._servers.setdefault(subjects.rpc(kind), []).append((kind, handler))

    async def serve_broadcast(self, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        self._broadcast.update(subjects.rpc(kind) for kind in handlers)
        await self.serve("", handlers)

    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R:
        servers = self._servers.get(subjects.rpc(request))
        if not servers or not self._link.connected:
            raise BusUnavailable(f"no {request.service} is connected to handle {request.name()}; start it")
        servers.append(servers.pop(0))
        asked = servers if subjects.rpc(request) in self._broadcast else servers[-1:]
        replies: list[Reply] = []

        async def call() -> None:
            for kind, handler in tuple(asked):
                reply = await dispatch(kind, handler, encode(request), carrier())
                if not reply.is_empty:
                    replies.append(reply)
                    return

        if not await within(self._clock, timeout_seconds, call()) or not replies:
            raise BusUnavailable(f"{request.service} did not answer {request.name()} within {timeout_seconds:g} s")
        return decode_reply(request, replies[0])
