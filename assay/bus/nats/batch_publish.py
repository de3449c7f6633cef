"""Publishing to a stream with confirmation: as one atomic batch or message by message.

An atomic batch (nats-server 2.12 and later) is stored completely or not at all, with a single disk sync. The server
refuses the whole batch if the stream already has one of its message ids, as after a retry. The messages are then
published one by one, and known ones are acknowledged as duplicates. The same happens if a message is too large or
forbidden, and if too many batches are open.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from enum import Enum

from nats.aio.msg import Msg

from assay.bus.errors import BusError, BusForbidden, BusUnavailable, MessageRefused
from assay.bus.nats.connection import Connection
from assay.bus.protocol import Envelope
from assay.contracts.codec import Data, Malformed, decode

ACK_TIMEOUT_SECONDS = 10.0


class PublishResult(Enum):
    """The result of publishing a message or a batch without an error."""

    STORED = "stored"
    NOT_ATOMIC = "not_atomic"
    """The server refused the batch; publish its messages one by one."""


PublishOutcome = PublishResult | BusError
"""BusUnavailable: not stored, or unknown; publish again with the same ids."""


class ApiError(Data, frozen=True, kw_only=True):
    code: int
    err_code: int = 0
    description: str = ""


class PubAck(Data, frozen=True, kw_only=True):
    """The server's reply to a publish. ``count`` is the size of a stored batch."""

    stream: str = ""
    seq: int = 0
    count: int = 0
    error: ApiError | None = None


async def store_batch(connection: Connection, envelopes: Sequence[Envelope]) -> PublishOutcome:
    batch = secrets.token_hex(11)
    try:
        for number, envelope in enumerate(envelopes[:-1], 1):
            await connection.publish(envelope.subject, envelope.payload, "", _headers(envelope, batch, number))
        last = envelopes[-1]
        headers = {**_headers(last, batch, len(envelopes)), "Nats-Batch-Commit": "1"}
        answer = await connection.request(last.subject, last.payload, ACK_TIMEOUT_SECONDS, headers)
    except BusUnavailable as error:
        return error
    except BusForbidden as error:
        return BusUnavailable(f"a message of the batch may not be published: {error}")
    ack = _ack(answer)
    if ack.error is not None:
        return _not_stored(ack.error) if _is_server_fault(ack.error) else PublishResult.NOT_ATOMIC
    if ack.count == len(envelopes):
        return PublishResult.STORED
    return BusUnavailable(f"the stream stored {ack.count} of a batch of {len(envelopes)}")


async def store_each(connection: Connection, envelopes: Sequence[Envelope]) -> list[PublishOutcome]:
    return list(await asyncio.gather(*(store_one(connection, envelope) for envelope in envelopes)))


async def store_one(connection: Connection, envelope: Envelope) -> PublishOutcome:
    headers = {**envelope.trace, "Nats-Msg-Id": envelope.message_id}
    try:
        ack = _ack(await connection.request(envelope.subject, envelope.payload, ACK_TIMEOUT_SECONDS, headers))
    except (BusUnavailable, BusForbidden) as error:
        return error
    if ack.error is None:
        return PublishResult.STORED
    if _is_server_fault(ack.error):
        return _not_stored(ack.error)
    return MessageRefused(
        f"the stream refused {envelope.message_id!r} on {envelope.subject!r}: {ack.error.description} "
        f"(error {ack.error.err_code}); compare the stream's configuration with assay/bus/streams.py"
    )


def _is_server_fault(error: ApiError) -> bool:
    """Whether the server is at fault (disk full, starting up) and not the message or the batch."""
    return error.code >= 500


def _not_stored(error: ApiError) -> BusUnavailable:
    return BusUnavailable(f"the stream cannot store messages: {error.description} (error {error.err_code})")


def _headers(envelope: Envelope, batch: str, number: int) -> dict[str, str]:
    own = {"Nats-Msg-Id": envelope.message_id, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
    return {**envelope.trace, **own}


def _ack(message: Msg) -> PubAck:
    """Treats replies that are not a PubAck as server errors."""
    try:
        return decode(PubAck, message.data)
    except Malformed as error:
        return PubAck(error=ApiError(code=500, description=str(error)))
