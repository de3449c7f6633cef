"""The bus: four planes, each a small port. ``nats/`` and ``memory/`` implement them and pass one test suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

from assay.contracts.codec import Message, encode
from assay.contracts.rpc import Request
from assay.tracing import carrier
from assay.tracing.span import NO_CARRIER, Carrier

R = TypeVar("R")
M = TypeVar("M", covariant=True)

RpcHandler = Callable[[Any], Awaitable[Any]]
"""An rpc handler: takes a request, returns its reply or raises ProblemError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """A message to publish. Publishing can be retried with the same ``message_id``; receivers apply each id once.
    ``trace`` is the context that the receiver continues."""

    subject: str
    message_id: str
    payload: bytes
    trace: Carrier = field(default_factory=lambda: NO_CARRIER)

    @classmethod
    def of(cls, subject: str, message_id: str, message: Message) -> Envelope:
        """In the current trace context."""
        return cls(subject=subject, message_id=message_id, payload=encode(message), trace=carrier())

    def with_content_id(self) -> Envelope:
        """The same envelope with an id that includes a hash of the content. If two different messages share an id by
        mistake, both reach the receiver, which detects the conflict; the stream does not drop one as a duplicate."""
        content = blake2b(self.payload, digest_size=8).hexdigest()
        return replace(self, message_id=f"{self.message_id}:{content}")


@dataclass(frozen=True, kw_only=True)
class Queue(Generic[M]):
    """A durable consumer of the work stream. ``kind`` is the type (or union) that payloads decode to."""

    name: str
    subject: str
    kind: Any
    ack_wait_seconds: float = 30.0
    max_deliver: int = 5


class Delivery(Protocol[M]):
    """A message from a queue. If it is not settled within the queue's ``ack_wait_seconds``, it is delivered again."""

    @property
    def message(self) -> M: ...
    @property
    def deliveries(self) -> int:
        """The number of deliveries so far, including this one."""
        ...

    @property
    def trace(self) -> Carrier:
        """The trace context that the message was published in."""
        return NO_CARRIER

    async def ack(self) -> None: ...
    async def nak(self, delay_seconds: float = 0.0) -> None:
        """Request redelivery. After ``max_deliver`` deliveries the message is dead-lettered instead."""
        ...

    async def dead_letter(self, reason: str) -> None:
        """Move the message to the dead-letter stream, with the reason. It is never delivered again."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """A message on the dead-letter stream. ``subject`` is its original subject."""

    position: int
    subject: str
    reason: str
    deliveries: int
    payload: bytes


class Rpc(Protocol):
    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R:
        """Raises ProblemError for a typed error, BusUnavailable if there is no reply (the effect is then unknown)."""
        ...

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        """Handle these requests, sharing the load with all other processes of the service."""
        ...

    async def serve_broadcast(self, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        """Handle these requests in every process that serves them. A handler returns None, and nothing is sent, if the
        request is for another process; the caller gets the first reply."""
        ...


class Work(Protocol):
    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Return once all are stored durably, each once per ``message_id`` and content. Retries as long as an error is
        retryable."""
        ...

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        """Up to ``limit`` messages; waits at most ``wait_seconds`` for the first. Messages that do not decode as the
        queue's kind are dead-lettered and not returned."""
        ...

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        """Restart the ack wait of these deliveries, which are still being processed."""
        ...

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        """Dead letters above a position, oldest first. Reading does not remove them."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFact:
    """A fact as stored. ``position`` is the stream's own sequence; 0 if the fact was received live."""

    subject: str
    position: int
    payload: bytes


class Facts(Protocol):
    async def publish(self, envelopes: Sequence[Envelope]) -> None: ...

    def listen(self, pattern: str) -> AbstractAsyncContextManager[AsyncIterator[StoredFact]]:
        """Facts published from now on. Cheap but lossy: facts are lost while disconnected, so check sequences."""
        ...

    def replay(self, pattern: str, after: int = 0) -> AbstractAsyncContextManager[AsyncIterator[StoredFact]]:
        """Stored facts above a position and then new ones, in order and without gaps."""
        ...


class Tail(Protocol):
    async def emit(self, subject: str, message: Message) -> None:
        """Publish without delivery guarantee; never waits, never fails."""
        ...

    def listen(self, pattern: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamState:
    """``created`` identifies the store. Positions below ``first`` were removed on purpose. ``missing`` counts the
    messages between ``first`` and ``last`` that do not exist or, after ``verify``, cannot be read."""

    stream: str
    created: str
    first: int
    last: int
    missing: int = 0
    size_bytes: int = 0


class Storage(Protocol):
    """The store behind work and facts, used only by the ledger. All methods raise BusUnavailable, or Missing if a
    stream does not exist."""

    async def states(self) -> Sequence[StreamState]:
        """The state of every stream according to the server; cheap."""
        ...

    async def verify(self) -> Sequence[StreamState]:
        """The same, but reads every message and counts unreadable ones as missing."""
        ...

    async def fact_id(self, position: int) -> str:
        """The message id of the fact at a position; empty if there is no such fact."""
        ...

    async def round_trip(self, timeout_seconds: float) -> float:
        """Send a small message through the work plane and receive it again. Returns the seconds it took; raises
        BusUnavailable with the reason if it does not arrive."""
        ...

    async def purge_settled_reports(self) -> int:
        """Delete settled reports; returns their number."""
        ...

    async def waiting_reports(self) -> int:
        """The number of reports that are not settled."""
        ...


class Bus(Protocol):
    """A connection that reconnects by itself. ``closed`` is set once it is closed permanently; services then end."""

    @property
    def rpc(self) -> Rpc: ...
    @property
    def work(self) -> Work: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def tail(self) -> Tail: ...
    @property
    def storage(self) -> Storage: ...
    @property
    def connected(self) -> bool: ...
    @property
    def reconnects(self) -> int:
        """The number of reconnections. After each, facts and tails may have been missed."""
        ...

    @property
    def closed(self) -> asyncio.Event: ...
    async def provision(self, queues: Sequence[Queue[Any]]) -> None:
        """Create the streams and these queues unless they exist. Only for the ledger, before all other operations."""
        ...

    async def close(self) -> None: ...


async def connection_trouble(bus: Bus) -> str:
    """Why messages do not flow now; empty if they do."""
    return "" if bus.connected else "not connected to the bus"
