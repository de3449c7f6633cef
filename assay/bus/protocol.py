"""The bus: four planes, each a small port. ``nats/`` and ``memory/`` implement them and pass one test suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

from assay.contracts.codec import Message, encode
from assay.contracts.rpc import Request

R = TypeVar("R")
M = TypeVar("M", covariant=True)

RpcHandler = Callable[[Any], Awaitable[Any]]
"""An rpc handler: a request in, its reply out, or ProblemError raised."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """A message on its way. ``message_id`` makes a publish repeatable; an effect is made once by the receiver."""

    subject: str
    message_id: str
    payload: bytes

    @classmethod
    def of(cls, subject: str, message_id: str, message: Message) -> Envelope:
        return cls(subject=subject, message_id=message_id, payload=encode(message))

    def with_content_id(self) -> Envelope:
        """Under an id that names the content, too: what bears another's id by mistake must reach the receiver, who can
        tell, and not be taken for its duplicate."""
        mark = blake2b(self.payload, digest_size=8).hexdigest()
        return Envelope(subject=self.subject, message_id=f"{self.message_id}:{mark}", payload=self.payload)


@dataclass(frozen=True, kw_only=True)
class Queue(Generic[M]):
    """A durable consumer of the work stream. ``kind`` is the type (or union) its payloads decode to."""

    name: str
    subject: str
    kind: Any
    ack_wait_seconds: float = 30.0
    max_deliver: int = 5


class Delivery(Protocol[M]):
    """A message from a queue. Left unsettled it comes again after the queue's ``ack_wait_seconds``."""

    @property
    def message(self) -> M: ...
    @property
    def deliveries(self) -> int:
        """How often it was delivered, this time included."""
        ...

    async def ack(self) -> None: ...
    async def nak(self, delay_seconds: float = 0.0) -> None:
        """Ask for it again; after ``max_deliver`` deliveries it is dead-lettered instead."""
        ...

    async def dead_letter(self, reason: str) -> None:
        """Give up on it: stored on the dead-letter stream with the reason, never delivered again."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """A message nobody could handle, as the dead-letter stream holds it; ``subject`` is where it was first sent."""

    position: int
    subject: str
    reason: str
    deliveries: int
    payload: bytes


class Rpc(Protocol):
    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R:
        """Raises ProblemError for a typed error, BusUnavailable when nobody answers (the effect is then unknown)."""
        ...

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        """Answer these requests, sharing the load with every other process that serves them."""
        ...


class Work(Protocol):
    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Returns when all are stored durably, each once per ``message_id`` and content; retries by itself while it
        may help."""
        ...

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        """Up to ``limit`` messages, waiting at most ``wait_seconds`` for the first. What does not decode as the queue's
        kind is dead-lettered with the reason and not returned."""
        ...

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        """Put off the redelivery of these: they are still worked on."""
        ...

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        """Dead letters above a position, oldest first; they stay where they are."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFact:
    """A fact as the stream holds it; ``position`` is the stream's own sequence (0 when it was only heard live)."""

    subject: str
    position: int
    payload: bytes


class Facts(Protocol):
    async def publish(self, envelopes: Sequence[Envelope]) -> None: ...

    def listen(self, pattern: str) -> AbstractAsyncContextManager[AsyncIterator[StoredFact]]:
        """Facts as they are published from now on. Cheap and lossy: a break loses some, so check sequences."""
        ...

    def replay(self, pattern: str, after: int = 0) -> AbstractAsyncContextManager[AsyncIterator[StoredFact]]:
        """Stored facts above a position, in order, without gaps, and then new ones for as long as it is open."""
        ...


class Tail(Protocol):
    async def emit(self, subject: str, message: Message) -> None:
        """Fire and forget; never waits, never fails."""
        ...

    def listen(self, pattern: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamState:
    """``created`` tells one store from another, as text; positions below ``first`` were let go on purpose. ``holes``
    are messages between ``first`` and ``last`` that are not there, or, when read through, cannot be read."""

    stream: str
    created: str
    first: int
    last: int
    missing: int = 0


class Storage(Protocol):
    """The store behind work and facts, for the ledger alone. All raise BusUnavailable, Missing for lack of a stream."""

    async def states(self) -> Sequence[StreamState]:
        """Of every stream, as the server counts; cheap."""
        ...

    async def verify(self) -> Sequence[StreamState]:
        """The same, with what turned out to be unreadable among the holes; reads all there is."""
        ...

    async def fact_id(self, position: int) -> str:
        """The message id of the fact at a position; empty if there is none."""
        ...

    async def round_trip(self, timeout_seconds: float) -> float:
        """Seconds that a small message took through the work plane and back; BusUnavailable says why it did not."""
        ...

    async def purge_settled_reports(self) -> int:
        """Clear away the reports that are settled; returns how many."""
        ...


class Bus(Protocol):
    """A connection. ``closed`` is set when it is gone for good, upon which a service ends; it reconnects for ever."""

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
        """How often the connection came back. When it grew, facts and tails may have been missed meanwhile."""
        ...

    @property
    def closed(self) -> asyncio.Event: ...
    async def provision(self, queues: Sequence[Queue[Any]]) -> None:
        """Create the streams and these queues unless they exist; for the ledger alone, before anything else."""
        ...

    async def close(self) -> None: ...
