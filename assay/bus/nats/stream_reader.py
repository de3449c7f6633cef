"""Reading a stream from a position on, with a temporary consumer that is recreated after interruptions."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import structlog
from nats.aio.msg import Msg

from assay.bus.errors import BusError, BusUnavailable
from assay.bus.nats.connection import Connection
from assay.bus.nats.delivery_metadata import DeliveryMetadata
from assay.bus.nats.pull_consumer import PullConsumer
from assay.bus.nats.server.api import call

_IDLE_SECONDS = 60.0
_PAUSE_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class StreamReader:
    """Delivers each stored message above ``after`` once and in order. The server numbers deliveries without gaps, so a
    lost message is detected; the consumer is then recreated at the last position received."""

    def __init__(self, connection: Connection, stream: str, pattern: str, after: int) -> None:
        self._connection, self._stream, self._pattern = connection, stream, pattern
        self._position = after
        self._consumer = ""
        self._pull_consumer: PullConsumer | None = None
        self._delivered = 0

    async def __aenter__(self) -> StreamReader:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._drop(delete=self._connection.connected)

    async def next(self, limit: int, wait_seconds: float) -> Sequence[tuple[int, Msg]]:
        """Up to ``limit`` messages with their positions; waits at most ``wait_seconds`` for the first."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while True:
            try:
                await self._connection.up()
                if found := await self._advance(limit, max(0.0, deadline - loop.time())):
                    return found
            except BusUnavailable as error:
                _log.info("bus.reader_restarted", stream=self._stream, position=self._position, reason=str(error))
                await self._drop()
                await asyncio.sleep(_PAUSE_SECONDS)
            if loop.time() >= deadline:
                return []

    async def _advance(self, limit: int, wait_seconds: float) -> Sequence[tuple[int, Msg]]:
        consumer = self._pull_consumer or await self._create()
        pulled = await consumer.pull(limit, wait_seconds)
        fresh: list[tuple[int, Msg]] = []
        for message in pulled.messages:
            metadata = DeliveryMetadata.of(message)
            if metadata.number != self._delivered + 1:
                await self._drop()
                return fresh
            self._delivered, self._position = metadata.number, metadata.position
            fresh.append((metadata.position, message))
        if pulled.broken or pulled.status.startswith("409"):
            await self._drop()
            if not fresh:
                await asyncio.sleep(_PAUSE_SECONDS)
        return fresh

    async def _drop(self, delete: bool = True) -> None:
        """Discard the consumer. The server removes consumers that could not be deleted after a minute of inactivity."""
        consumer, self._pull_consumer = self._pull_consumer, None
        if consumer is None:
            return
        await consumer.close()
        if delete:
            with suppress(BusError):
                await call(self._connection, f"CONSUMER.DELETE.{self._stream}.{self._consumer}")

    async def _create(self) -> PullConsumer:
        """If the stream has not reached the position, its store was replaced and everything in it is new."""
        state = (await call(self._connection, f"STREAM.INFO.{self._stream}"))["state"]
        if self._position > state["last_seq"]:
            _log.warning("bus.stream_replaced", stream=self._stream, position=self._position, last=state["last_seq"])
            self._position = 0
        name = f"reader-{secrets.token_hex(8)}"
        config: dict[str, Any] = {
            "name": name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._position + 1,
            "ack_policy": "none",
            "filter_subject": self._pattern,
            "inactive_threshold": int(_IDLE_SECONDS * 1e9),
            "mem_storage": True,
            "num_replicas": 1,
        }
        subject = f"CONSUMER.CREATE.{self._stream}.{name}.{self._pattern}"
        await call(self._connection, subject, {"stream_name": self._stream, "config": config, "action": "create"})
        self._consumer, self._delivered = name, 0
        self._pull_consumer = PullConsumer(self._connection, self._stream, name)
        return self._pull_consumer
