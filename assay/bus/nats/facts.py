"""Facts on JetStream, and tails on core NATS."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from nats.aio.msg import Msg

from assay.bus.bounded_queue import BoundedQueue
from assay.bus.errors import BusError
from assay.bus.nats.connection import Connection
from assay.bus.nats.publisher import Publisher
from assay.bus.nats.stream_reader import StreamReader
from assay.bus.protocol import Envelope, StoredFact
from assay.bus.streams import FACTS_STREAM
from assay.contracts.codec import Message, encode
from assay.contracts.subjects import FACTS

_PAGE = 500
_WAIT_SECONDS = 15.0
_MAX_UNSENT_BYTES = 1_000_000


class JetStreamFacts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._publisher = Publisher(connection, FACTS)

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await self._publisher.publish(envelopes)

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        queue = BoundedQueue[StoredFact]()
        async with _subscribed(self._connection, pattern, lambda message: queue.push(_live_fact(message))):
            yield queue

    @asynccontextmanager
    async def replay(self, pattern: str, after: int = 0) -> AsyncGenerator[AsyncIterator[StoredFact]]:
        async with StreamReader(self._connection, FACTS_STREAM, pattern, after) as reader:
            stored = _read_all(reader)
            try:
                yield stored
            finally:
                await stored.aclose()


class NatsTail:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def emit(self, subject: str, message: Message) -> None:
        """Drops the message while disconnected or if too much data is unsent: waiting would slow down the work
        itself."""
        connection = self._connection
        if connection.connected and connection.nc.pending_data_size < _MAX_UNSENT_BYTES:
            with suppress(BusError):
                await connection.publish(subject, encode(message))

    @asynccontextmanager
    async def listen(self, pattern: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        queue = BoundedQueue[bytes]()
        async with _subscribed(self._connection, pattern, lambda message: queue.push(message.data)):
            yield queue


@asynccontextmanager
async def _subscribed(connection: Connection, pattern: str, on_message: Callable[[Msg], None]) -> AsyncGenerator[None]:
    async def receive(message: Msg) -> None:
        on_message(message)

    subscription = await connection.subscribe(pattern, receive)
    try:
        await connection.flush()
        yield
    finally:
        await connection.unsubscribe(subscription)


def _live_fact(message: Msg) -> StoredFact:
    return StoredFact(subject=message.subject, position=0, payload=message.data)


async def _read_all(reader: StreamReader) -> AsyncGenerator[StoredFact]:
    while True:
        for position, message in await reader.next(_PAGE, _WAIT_SECONDS):
            yield StoredFact(subject=message.subject, position=position, payload=message.data)
