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
        """Returns nothing during an outage, after ``wait_seconds``. Raises BusForbidden or BusMisconfigured, which
        waiting cannot resolve."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while True:
            pulled = await self._pull(queue, limit, max(0.0, deadline - loop.time()))
            deliveries = await self._decode(queue, pulled)
            left = deadline - loop.time()
            if deliveries or left <= 0:
                return deliveries
            if not pulled.messages:
                await self._pause(queue, pulled, left)

    async def _pull(self, queue: Queue[Any], limit: int, wait_seconds: float) -> PullResult:
        """Concurrent fetches of a queue use one consumer each, which is kept for later fetches."""
        idle = self._idle_consumers[queue.name]
        consumer = idle.pop() if idle else PullConsumer(self._connection, stream_of(queue.subject), queue.name)
        try:
            return await consumer.pull(limit, wait_seconds)
        finally:
            if consumer.retired is None:
                idle.append(consumer)

    async def _pause(self, queue: Queue[Any], pulled: PullResult, left: float) -> None:
        """The server ended the pull early: the queue does not exist yet, or too many workers are waiting for it."""
        if pulled.status.startswith("400"):
            raise BusMisconfigured(f"the server refused a pull from queue {queue.name!r}: {pulled.status}")
        if pulled.broken or pulled.status:
            await asyncio.sleep(min(_PAUSE_SECONDS, left))

    async def _decode(self, queue: Queue[M], pulled: PullResult) -> list[JetStreamDelivery[M]]:
        decoded: list[JetStreamDelivery[M]] = []
        for raw in pulled.messages:
            metadata = DeliveryMetadata.of(raw)
            if metadata.deliveries > queue.max_deliver:
                await self._dead_letter(
                    queue, raw, metadata, f"delivered {queue.max_deliver} times without being settled"
                )
                continue
            try:
                message: M = decode(queue.kind, raw.data)
            except Malformed as error:
                await self._dead_letter(queue, raw, metadata, str(error))
            else:
                decoded.append(JetStreamDelivery(self._connection, self._dead_letters, queue, raw, metadata, message))
        return decoded

    async def _dead_letter(self, queue: Queue[Any], raw: Msg, metadata: DeliveryMetadata, reason: str) -> None:
        """If this fails, the message is delivered again after the ack wait, and dead-lettering is retried."""
        try:
            await self._dead_letters.add(queue.name, raw, metadata, reason)
        except BusUnavailable as error:
            _log.warning("bus.dead_letter_failed", queue=queue.name, reason=reason, error=str(error))

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        for delivery in deliveries:
            if isinstance(delivery, JetStreamDelivery):
                await delivery.in_progress()

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        return await self._dead_letters.read(after, limit)
