"""A message from a JetStream queue."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

from msgspec import json
from nats.aio.msg import Msg

from assay.bus.errors import BusUnavailable
from assay.bus.nats.connection import Connection
from assay.bus.nats.dead_letters import DeadLetterStream
from assay.bus.nats.delivery_metadata import DeliveryMetadata
from assay.bus.protocol import Delivery, Queue
from assay.tracing.span import NO_CARRIER, Carrier

M = TypeVar("M", covariant=True)


class JetStreamDelivery(Delivery[M]):
    """Settles without waiting for confirmation: a lost ack causes a redelivery, which fencing tokens make harmless."""

    __slots__ = ("_connection", "_dead_letters", "_message", "_metadata", "_queue", "_raw")

    def __init__(
        self,
        connection: Connection,
        dead_letters: DeadLetterStream,
        queue: Queue[Any],
        raw: Msg,
        metadata: DeliveryMetadata,
        message: M,
    ) -> None:
        self._connection, self._dead_letters = connection, dead_letters
        self._queue, self._raw, self._metadata, self._message = queue, raw, metadata, message

    @property
    def message(self) -> M:
        return self._message

    @property
    def deliveries(self) -> int:
        return self._metadata.deliveries

    @property
    def trace(self) -> Carrier:
        return self._raw.headers or NO_CARRIER

    async def ack(self) -> None:
        await self._send(b"+ACK")

    async def in_progress(self) -> None:
        await self._send(b"+WPI")

    async def nak(self, delay_seconds: float = 0.0) -> None:
        if self._metadata.deliveries >= self._queue.max_deliver:
            return await self.dead_letter(f"returned after {self._metadata.deliveries} deliveries")
        options = b" " + json.encode({"delay": int(delay_seconds * 1e9)}) if delay_seconds > 0 else b""
        return await self._send(b"-NAK" + options)

    async def _send(self, verb: bytes) -> None:
        with suppress(BusUnavailable):
            await self._connection.publish(self._raw.reply, verb)

    async def dead_letter(self, reason: str) -> None:
        await self._dead_letters.add(self._queue.name, self._raw, self._metadata, reason)
