"""The dead-letter stream: messages that could not be processed, with the reason, kept for inspection."""

from __future__ import annotations

from collections.abc import Sequence

from nats.aio.msg import Msg

from assay.bus import metrics
from assay.bus.errors import BusUnavailable
from assay.bus.nats.batch_publish import ACK_TIMEOUT_SECONDS, PubAck
from assay.bus.nats.connection import Connection
from assay.bus.nats.delivery_metadata import DeliveryMetadata
from assay.bus.nats.stream_reader import StreamReader
from assay.bus.protocol import DeadLetter
from assay.bus.streams import DEAD_LETTER_STREAM
from assay.contracts import subjects
from assay.contracts.codec import Malformed, decode

_MAX_REASON = 800


class DeadLetterStream:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, queue: str, message: Msg, metadata: DeliveryMetadata, reason: str) -> None:
        """Store the message here first and then remove it from its queue: in the worst case it is stored twice."""
        headers = {
            "Nats-Msg-Id": f"{queue}:{metadata.position}",
            "Assay-Reason": " ".join(reason.split())[:_MAX_REASON] or "no reason given",
            "Assay-Subject": message.subject,
            "Assay-Deliveries": str(metadata.deliveries),
        }
        answer = await self._connection.request(
            subjects.dead_letter(message.subject), message.data, ACK_TIMEOUT_SECONDS, headers
        )
        try:
            ack: PubAck = decode(PubAck, answer.data)
        except Malformed as error:
            raise BusUnavailable(f"the dead-letter stream sent an invalid confirmation: {error}") from error
        if ack.error is not None:
            raise BusUnavailable(f"the dead-letter stream did not store a message: {ack.error.description}")
        metrics.DEAD_LETTERS.inc()
        await self._connection.publish(message.reply, b"+TERM")

    async def read(self, after: int, limit: int) -> Sequence[DeadLetter]:
        found: list[DeadLetter] = []
        async with StreamReader(self._connection, DEAD_LETTER_STREAM, subjects.DEAD_LETTERS, after) as reader:
            while len(found) < limit and (messages := await reader.next(limit - len(found), wait_seconds=0)):
                found.extend(_dead_letter(position, message) for position, message in messages)
        return found


def _dead_letter(position: int, message: Msg) -> DeadLetter:
    headers = message.headers or {}
    return DeadLetter(
        position=position,
        subject=headers.get("Assay-Subject", message.subject),
        reason=headers.get("Assay-Reason", "unknown"),
        deliveries=int(headers.get("Assay-Deliveries", "0")),
        payload=message.data,
    )
