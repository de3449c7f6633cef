"""Requests and replies in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from assay.bus.errors import BusUnavailable
from assay.bus.memory.clock import Clock, within
from assay.bus.memory.link import Line
from assay.bus.protocol import Answer
from assay.bus.rpc_dispatch import Reply, answer, result
from assay.contracts import subjects
from assay.contracts.codec import encode
from assay.contracts.rpc import Request

R = TypeVar("R")


class MemoryRpc:
    def __init__(self, line: Line, clock: Clock) -> None:
        self._line, self._clock = line, clock
        self._servers: dict[str, list[tuple[type[Request[Any]], Answer]]] = {}

    async def serve(self, service: str, answers: Mapping[type[Request[Any]], Answer]) -> None:
        for kind, handler in answers.items():
            self._servers.setdefault(subjects.rpc(kind), []).append((kind, handler))

    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R:
        servers = self._servers.get(subjects.rpc(request))
        if not servers or not self._line.connected:
            raise BusUnavailable(f"nobody answers {request.name()}: no {request.service} is connected; is it started?")
        servers.append(server := servers.pop(0))
        replies: list[Reply] = []

        async def ask() -> None:
            replies.append(await answer(server[0], server[1], encode(request)))

        if not await within(self._clock, timeout_seconds, ask()):
            raise BusUnavailable(f"{request.service} did not answer {request.name()} within {timeout_seconds:g} s")
        return result(request, replies[0])
