"""Requests and replies over core NATS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from assay.bus.errors import BusError
from assay.bus.nats.connection import Connection, OnMessage
from assay.bus.protocol import RpcHandler
from assay.bus.rpc_dispatch import Reply, decode_reply, dispatch
from assay.contracts import subjects
from assay.contracts.codec import encode
from assay.contracts.rpc import Request
from assay.tracing import carrier, step
from assay.tracing.span import NO_CARRIER, Kind

R = TypeVar("R")
_PROBLEM = "Assay-Problem"
_MAX_CONCURRENT = 256
_STOP_SECONDS = 3.0
_log = structlog.get_logger(__name__)


class NatsRpc:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._subscriptions: list[Subscription] = []
        self._running: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)

    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R:
        with step(request.name(), Kind.CLIENT):
            subject, payload = subjects.rpc(request), encode(request)
            message = await self._connection.request(subject, payload, timeout_seconds, carrier())
        return decode_reply(request, Reply(_PROBLEM not in (message.headers or {}), message.data))

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        for kind, handler in handlers.items():
            subscription = await self._connection.subscribe(subjects.rpc(kind), self._receiver(kind, handler), service)
            self._subscriptions.append(subscription)
        await self._connection.flush()

    async def serve_broadcast(self, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        await self.serve("", handlers)

    def _receiver(self, kind: type[Request[Any]], handler: RpcHandler) -> OnMessage:
        """Run each request in its own task, so that a slow one does not delay others, up to a limit."""

        async def receive(message: Msg) -> None:
            await self._slots.acquire()
            task = asyncio.create_task(self._respond(kind, handler, message))
            self._running.add(task)
            task.add_done_callback(self._done)

        return receive

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()

    async def _respond(self, kind: type[Request[Any]], handler: RpcHandler, message: Msg) -> None:
        reply = await dispatch(kind, handler, message.data, message.headers or NO_CARRIER)
        if reply.is_empty:
            return
        try:
            await self._connection.publish(message.reply, reply.payload, "", None if reply.ok else {_PROBLEM: "1"})
        except BusError as error:
            _log.warning("rpc.reply_lost", request=kind.name(), error=str(error))

    async def stop(self) -> None:
        """Accept no more requests and wait until running ones have replied."""
        for subscription in self._subscriptions:
            await self._connection.unsubscribe(subscription)
        if self._running:
            await asyncio.wait(self._running, timeout=_STOP_SECONDS)
