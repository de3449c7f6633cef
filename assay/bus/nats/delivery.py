"""One message out of a JetStream queue, and how it is settled."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

from msgspec import json
from nats.aio.msg import Msg

from assay.bus.errors import BusUnavailable
from assay.bus.nats.connection import Connection
from assay.bus.nats.dead_letters import Graveyard
from assay.bus.nats.delivery_metadata import Origin
from assay.bus.protocol import Delivery, Queue

M = TypeVar("M", covariant=True)


class JetDelivery(Delivery[M]):
    """Settling is sent and not waited for: an ack that is lost means a redelivery, and effects are fenced in SQL."""

    __slots__ = ("_connection", "_graveyard", "_message", "_origin", "_queue", "_raw")

    def __init__(
        self, connection: Connection, graveyard: Graveyard, queue: Queue[Any], raw: Msg, origin: Origin, message: M
    ) -> None:
        self._connection, self._graveyard = connection, graveyard
        self._queue, self._raw, self._origin, self._message = queue, raw, origin, message

    @property
    def message(self) -> M:
        return self._message

    @property
    def deliveries(self) -> int:
        return self._origin.deliveries

    async def ack(self) -> None:
        await self._say(b"+ACK")

    async def in_progress(self) -> None:
        await self._say(b"+WPI")

    async def nak(self, delay_seconds: float = 0.0) -> None:
        if self._origin.deliveries >= self._queue.max_deliver:
            return await self.dead_letter(f"handed back {self._origin.deliveries} times")
        options = b" " + json.encode({"delay": int(delay_seconds * 1e9)}) if delay_seconds > 0 else b""
        return await self._say(b"-NAK" + options)

    async def _say(self, verb: bytes) -> None:
        with suppress(BusUnavailable):
            await self._connection.publish(self._raw.reply, verb)

    async def dead_letter(self, reason: str) -> None:
        await self._graveyard.bury(self._queue.name, self._raw, self._origin, reason)
