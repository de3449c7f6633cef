"""The bus over a NATS server with JetStream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from assay.bus.errors import BusError, BusUnavailable, Permanent
from assay.bus.nats.connection import Connection
from assay.bus.nats.facts import JetStreamFacts, NatsTail
from assay.bus.nats.rpc import NatsRpc
from assay.bus.nats.server.durability import require_durable
from assay.bus.nats.server.provisioning import provision
from assay.bus.nats.storage import JetStreamStorage
from assay.bus.nats.work import JetStreamWork
from assay.bus.protocol import Facts, Queue, Rpc, Storage, Tail, Work
from assay.bus.settings import BusSettings

_RETRY_SECONDS = 0.5
_log = structlog.get_logger(__name__)


async def connect(settings: BusSettings) -> JetStreamBus:
    """Raises BusUnavailable if no server answers in time, BusForbidden if the login is refused, BusMisconfigured if the
    server does not sync always."""
    connection = Connection(settings)
    await connection.open()
    try:
        await require_durable(connection)
    except BusError:
        await connection.close()
        raise
    return JetStreamBus(connection)


class JetStreamBus:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._rpc, work = NatsRpc(connection), JetStreamWork(connection)
        self.rpc: Rpc = self._rpc
        self.work: Work = work
        self.facts: Facts = JetStreamFacts(connection)
        self.tail: Tail = NatsTail(connection)
        self.storage: Storage = JetStreamStorage(connection, work)
        self._queues: Sequence[Queue[Any]] | None = None
        self._recheck: asyncio.Task[None] | None = None
        connection.on_reconnect.append(self._on_reconnect)

    @property
    def connected(self) -> bool:
        return self.connection.connected

    @property
    def reconnects(self) -> int:
        return self.connection.reconnects

    @property
    def closed(self) -> asyncio.Event:
        return self.connection.closed

    async def provision(self, queues: Sequence[Queue[Any]]) -> None:
        """Repeated after every reconnection, because the server may have lost its store. Raises BusMisconfigured if
        existing streams cannot be changed as needed."""
        await provision(self.connection, queues)
        self._queues = queues

    def _on_reconnect(self) -> None:
        if self._recheck is None or self._recheck.done():
            self._recheck = asyncio.create_task(self._check_server())

    async def _check_server(self) -> None:
        """Check the server after a reconnection. If it is unsuitable, close the connection, which ends the service."""
        done = False
        while not done and not self.closed.is_set():
            try:
                await require_durable(self.connection)
                if self._queues is not None:
                    await self.provision(self._queues)
                done = True
            except BusUnavailable as error:
                _log.warning("bus.check_retried", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
            except Permanent as error:
                _log.error("bus.server_unsuitable", error=str(error))
                await self.connection.close()

    async def close(self) -> None:
        if self._recheck is not None:
            self._recheck.cancel()
        await self._rpc.stop()
        await self.connection.close()
