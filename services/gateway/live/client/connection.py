"""One WebSocket client: reads its frames, keeps its subscriptions, and sends at the client's own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, Protocol

import structlog

from assay.bus.errors import BusError
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.live import ClientFrame, ErrorFrame, Ping, Pong, Subscribe, Unsubscribe
from assay.contracts.problems import Problem, ProblemError
from services.gateway.live.client.send_queue import Outbox
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.settings import Pace

GONE = (OSError, RuntimeError)
"""What sending to a client that has left raises."""
_BATCH = 500
_PONG = encode(Pong()).decode()
_JOINS_WAITING = 200


class _Join(NamedTuple):
    """``placed``: the client asked for it, and its next questions wait while many such are undone."""

    subscription: Subscription
    cursor: int | None
    placed: bool = False


class Feeds(Protocol):
    """The hub, as a client needs it."""

    resyncs: int

    def attach(self, subscription: Subscription) -> None: ...
    def detach(self, subscription: Subscription) -> None: ...
    async def join(self, subscription: Subscription, cursor: int | None) -> None: ...


class Connection:
    """``send`` takes one message and returns when there is room for another; ``abort`` ends a line that is stuck.
    With ``batch`` a message may be a JSON array of frames."""

    def __init__(
        self,
        feeds: Feeds,
        pace: Pace,
        send: Callable[[str], Awaitable[None]],
        abort: Callable[[], None],
        *,
        batch: bool = False,
    ) -> None:
        self._feeds, self._pace = feeds, pace
        self._send, self._abort = send, abort
        self._limit = _BATCH if batch else 1
        self._outbox = Outbox(pace.max_queued_bytes)
        self._subscriptions: dict[str, Subscription] = {}
        self._joins: asyncio.Queue[_Join] = asyncio.Queue()
        self._places = asyncio.Semaphore(_JOINS_WAITING)
        self._sending_since: float | None = None

    def say(self, text: str) -> None:
        self._outbox.say(text)

    async def serve(self, messages: AsyncIterator[str | None]) -> None:
        """Until the client leaves; ``messages`` are its texts, None for what was no text."""
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
                self._drop(topic)

    def end_if_stalled(self, now: float) -> bool:
        """A client that takes nothing for so long will never be in time again."""
        if self._sending_since is None or now - self._sending_since < self._pace.stall_seconds:
            return False
        structlog.get_logger().info("live.stalled", seconds=round(now - self._sending_since, 1))
        self._sending_since = None
        self._abort()
        return True

    # --- in

    async def _read(self, messages: AsyncIterator[str | None]) -> None:
        async for text in messages:
            try:
                await self._handle(_frame_of(text))
            except ProblemError as error:
                self._complain(error.problem)
            await self._outbox.room()

    async def _handle(self, frame: ClientFrame) -> None:
        match frame:
            case Ping():
                self.say(_PONG)
            case Unsubscribe(topic=topic):
                self._drop(topic)
            case Subscribe(topic=topic, cursor=cursor):
                await self._subscribe(topic, cursor)

    async def _subscribe(self, topic: str, cursor: int | None) -> None:
        self._drop(topic)
        if len(self._subscriptions) >= self._pace.max_subscriptions:
            limit = self._pace.max_subscriptions
            raise ProblemError(
                _problem("too_many_topics", f"A client may follow {limit} topics; leave one first.", 429)
            )
        await self._places.acquire()
        subscription = Subscription(topic, self._outbox, self._pace, self._on_behind)
        self._subscriptions[topic] = subscription
        self._feeds.attach(subscription)
        self._joins.put_nowait(_Join(subscription, cursor, placed=True))

    def _drop(self, topic: str) -> None:
        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None:
            subscription.leave()
            self._feeds.detach(subscription)

    # --- snapshots

    def _on_behind(self, subscription: Subscription) -> None:
        self._feeds.resyncs += 1
        self._joins.put_nowait(_Join(subscription, None))

    async def _join_all(self) -> None:
        """One at a time: a snapshot is only read when the client has room for it."""
        while True:
            subscription, cursor, placed = await self._joins.get()
            if placed:
                self._places.release()
            await self._outbox.calm()
            if subscription is self._subscriptions.get(subscription.topic):
                subscription.rejoin()
                await self._join(subscription, cursor)

    async def _join(self, subscription: Subscription, cursor: int | None) -> None:
        while subscription is self._subscriptions.get(subscription.topic):
            try:
                await self._feeds.join(subscription, cursor)
                return
            except BusError:
                await asyncio.sleep(self._pace.retry_seconds)
            except ProblemError as error:
                self._drop(subscription.topic)
                self._complain(error.problem, subscription.topic)
                return

    # --- out

    async def _write(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while True:
                texts = await self._outbox.next(self._limit)
                self._sending_since = now()
                await self._send(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")
                self._sending_since = None
        except GONE:
            return

    def _complain(self, problem: Problem, topic: str = "") -> None:
        self.say(encode(ErrorFrame(problem=problem, topic=topic)).decode())


def _frame_of(text: str | None) -> ClientFrame:
    """Raises ProblemError for anything but a frame."""
    if text is None:
        raise ProblemError(_problem("malformed", "Frames are text, not binary."))
    try:
        return decode(ClientFrame, text.encode("utf-8", "surrogatepass"))
    except Malformed as error:
        raise ProblemError(_problem("malformed", f"{error}; docs/events.md describes the frames.")) from error


def _problem(code: str, detail: str, status: int = 400) -> Problem:
    return Problem(code=code, title="The frame cannot be followed", status=status, detail=detail)
