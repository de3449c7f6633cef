"""One WebSocket client: reads its frames, keeps its subscriptions, and sends as fast as the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, Protocol

import structlog

from assay.bus.errors import BusError
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.live import ClientFrame, ErrorFrame, Ping, Pong, Subscribe, Unsubscribe
from assay.contracts.problems import Problem, ProblemError
from assay.validation.field_errors import field_error
from services.gateway.live.client.send_queue import SendQueue
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.metrics import LiveCounters
from services.gateway.live.settings import LiveSettings

CLIENT_GONE = (OSError, RuntimeError)
"""Raised by sending to a client that has disconnected."""
_log = structlog.get_logger(__name__)
_MAX_BATCH = 500
_PONG = encode(Pong()).decode()
_MAX_PENDING_JOINS = 200


class _JoinRequest(NamedTuple):
    """``from_client``: holds one of the join slots, so that a client with many unfinished joins has to wait."""

    subscription: Subscription
    cursor: int | None
    from_client: bool = False


class Topics(Protocol):
    """The feeds, as a connection uses them."""

    counters: LiveCounters

    def attach(self, subscription: Subscription) -> None: ...
    def detach(self, subscription: Subscription) -> None: ...
    async def join(self, subscription: Subscription, cursor: int | None) -> None: ...


class Connection:
    """``send`` sends one message and returns when the transport can take another; ``abort`` closes a connection whose
    transport is blocked. With ``batch`` a message may be a JSON array of frames."""

    def __init__(
        self,
        topics: Topics,
        settings: LiveSettings,
        send: Callable[[str], Awaitable[None]],
        abort: Callable[[], None],
        *,
        batch: bool = False,
    ) -> None:
        self._topics, self._settings = topics, settings
        self._send, self._abort = send, abort
        self._batch_limit = _MAX_BATCH if batch else 1
        self._queue = SendQueue(settings.max_queued_bytes)
        self._subscriptions: dict[str, Subscription] = {}
        self._joins: asyncio.Queue[_JoinRequest] = asyncio.Queue()
        self._join_slots = asyncio.Semaphore(_MAX_PENDING_JOINS)
        self._sending_since: float | None = None

    def send_control(self, text: str) -> None:
        self._queue.push_control(text)

    async def serve(self, messages: AsyncIterator[str | None]) -> None:
        """Returns when the client disconnects. ``messages`` are its text messages; None stands for a binary one."""
        tasks = [asyncio.create_task(work) for work in (self._read(messages), self._write(), self._join_all())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for topic in tuple(self._subscriptions):
                self._unsubscribe(topic)

    def abort_if_stalled(self, now: float) -> bool:
        """A client that has read nothing for ``stall_seconds`` will not catch up."""
        if self._sending_since is None or now - self._sending_since < self._settings.stall_seconds:
            return False
        _log.info("live.stalled", seconds=round(now - self._sending_since, 1))
        self._sending_since = None
        self._abort()
        return True

    # --- frames from the client

    async def _read(self, messages: AsyncIterator[str | None]) -> None:
        async for text in messages:
            try:
                await self._handle(_parse_frame(text))
            except ProblemError as error:
                self._send_error(error.problem)
            await self._queue.wait_for_control_capacity()

    async def _handle(self, frame: ClientFrame) -> None:
        match frame:
            case Ping():
                self.send_control(_PONG)
            case Unsubscribe(topic=topic):
                self._unsubscribe(topic)
            case Subscribe(topic=topic, cursor=cursor):
                await self._subscribe(topic, cursor)

    async def _subscribe(self, topic: str, cursor: int | None) -> None:
        self._unsubscribe(topic)
        if len(self._subscriptions) >= self._settings.max_subscriptions:
            limit = self._settings.max_subscriptions
            detail = f"A client can subscribe to {limit} topics at most; unsubscribe from one first."
            raise ProblemError(_problem("too_many_topics", "Too many topics", detail, 429))
        await self._join_slots.acquire()
        subscription = Subscription(topic, self._queue, self._settings, self._on_fell_behind)
        self._subscriptions[topic] = subscription
        self._topics.attach(subscription)
        self._joins.put_nowait(_JoinRequest(subscription, cursor, from_client=True))

    def _unsubscribe(self, topic: str) -> None:
        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None:
            subscription.close()
            self._topics.detach(subscription)

    # --- snapshots

    def _on_fell_behind(self, subscription: Subscription) -> None:
        self._topics.counters.resyncs += 1
        self._joins.put_nowait(_JoinRequest(subscription, None))

    async def _join_all(self) -> None:
        """One at a time: a snapshot is only read once the client's queue can take it."""
        while True:
            subscription, cursor, from_client = await self._joins.get()
            if from_client:
                self._join_slots.release()
            await self._queue.wait_below_watermark()
            if subscription is self._subscriptions.get(subscription.topic):
                subscription.start_rejoin()
                await self._join(subscription, cursor)

    async def _join(self, subscription: Subscription, cursor: int | None) -> None:
        while subscription is self._subscriptions.get(subscription.topic):
            try:
                await self._topics.join(subscription, cursor)
                return
            except BusError:
                await asyncio.sleep(self._settings.retry_seconds)
            except ProblemError as error:
                self._unsubscribe(subscription.topic)
                self._send_error(error.problem, subscription.topic)
                return

    # --- frames to the client

    async def _write(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while True:
                texts = await self._queue.next_batch(self._batch_limit)
                self._sending_since = now()
                await self._send(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")
                self._sending_since = None
        except CLIENT_GONE:
            return

    def _send_error(self, problem: Problem, topic: str = "") -> None:
        self.send_control(encode(ErrorFrame(problem=problem, topic=topic)).decode())


def _parse_frame(text: str | None) -> ClientFrame:
    """Raises ProblemError if the text is not a frame."""
    if text is None:
        raise ProblemError(_problem("malformed", "Invalid frame", "Frames must be text messages, not binary ones."))
    data = text.encode("utf-8", "surrogatepass")
    try:
        return decode(ClientFrame, data)
    except Malformed as error:
        found = field_error(ClientFrame, str(error.__cause__), data, "frame")
        detail = f"{found.where}: {found.message}; docs/events.md describes the frames."
        raise ProblemError(_problem("malformed", "Invalid frame", detail)) from error


def _problem(code: str, title: str, detail: str, status: int = 400) -> Problem:
    return Problem(code=code, title=title, status=status, detail=detail)
