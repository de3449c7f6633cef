"""The work plane on JetStream."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

import structlog
from nats.aio.msg import Msg

from assay.bus.errors import BusMisconfigured, BusUnavailable
from assay.bus.nats.connection import Connection
from assay.bus.nats.dead_letters import DeadLetterStream
from assay.bus.nats.delivery import JetStreamDelivery
from assay.bus.nats.delivery_metadata import DeliveryMetadata
from assay.bus.nats.publisher import Publisher
from assay.bus.nats.pull_consumer import PullConsumer, PullResult
from assay.bus.protocol import DeadLetter, Delivery, Envelope, Queue
from assay.bus.streams import REPORTS_STREAM, WORK_STREAM, stream_of
from assay.contracts.codec import Malformed, decode
from assay.contracts.subjects import WORK

M = TypeVar("M", covariant=True)
_PAUSE_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class JetStreamWork:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._publishers = {stream: Publisher(connection, WORK) for stream in (WORK_STREAM, REPORTS_STREAM)}
        self._dead_letters = DeadLetterStream(connection)
        self._idle_consumers: defaultdict[str, list[PullConsumer]] = defaultdict(list)

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        by_stream: defaultdict[str, list[Envelope]] = defaultdict(list)
        for envelope in envelopes:
            by_stream[stream_of(envelope.subject)].append(envelope.with_content_id())
        for stream, of_stream in by_stream.items():
            await self._publishers[stream].publish(of_stream)

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        """In an outage it returns nothing, in time. Raises BusForbidden or BusMisconfigured: waiting cannot help."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while True:
            found = await self._pull(queue, limit, max(0.0, deadline - loop.time()))
            deliveries = await self._decoded(queue, found)
            left = deadline - loop.time()
            if deliveries or left <= 0:
                return deliveries
            if not found.messages:
                await self._pause(queue, found, left)

    async def _pull(self, queue: Queue[Any], limit: int, wait_seconds: float) -> PullResult:
        """Fetches of one queue at the same time get a puller each; it is kept for the next one."""
        idle = self._idle_consumers[queue.name]
        puller = idle.pop() if idle else PullConsumer(self._connection, stream_of(queue.subject), queue.name)
        try:
            return await puller.pull(limit, wait_seconds)
        finally:
            if puller.retired is None:
                idle.append(puller)

    async def _pause(self, queue: Queue[Any], found: PullResult, left: float) -> None:
        """The server ended a request before its time: the queue is missing, being made, or others wait for the same."""
        if found.status.startswith("400"):
            raise BusMisconfigured(f"the server does not understand how queue {queue.name!r} is read: {found.status}")
        if found.broken or found.status:
            await asyncio.sleep(min(_PAUSE_SECONDS, left))

    async def _decoded(self, queue: Queue[M], found: PullResult) -> list[JetStreamDelivery[M]]:
        readable: list[JetStreamDelivery[M]] = []
        for raw in found.messages:
            origin = DeliveryMetadata.of(raw)
            if origin.deliveries > queue.max_deliver:
                await self._dead_letter(
                    queue, raw, origin, f"delivered {queue.max_deliver} times without being settled"
                )
                continue
            try:
                message: M = decode(queue.kind, raw.data)
            except Malformed as error:
                await self._dead_letter(queue, raw, origin, str(error))
            else:
                readable.append(JetStreamDelivery(self._connection, self._dead_letters, queue, raw, origin, message))
        return readable

    async def _dead_letter(self, queue: Queue[Any], raw: Msg, metadata: DeliveryMetadata, reason: str) -> None:
        """Without success it comes again after the ack wait, and this is tried again."""
        try:
            await self._dead_letters.dead_letter(queue.name, raw, metadata, reason)
        except BusUnavailable as error:
            _log.warning("bus.dead_letter_failed", queue=queue.name, reason=reason, error=str(error))

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        for delivery in deliveries:
            if isinstance(delivery, JetStreamDelivery):
                await delivery.in_progress()

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        return await self._dead_letters.read(after, limit)
