"""Output of running attempts, listened to only while it has subscribers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc, Tail
from assay.contracts import subjects
from assay.contracts.codec import Malformed, decode
from assay.contracts.ids import run_of
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import ReadTail
from assay.contracts.tail import TailLine
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.feeds.topic_feed import TopicFeed
from services.gateway.live.settings import LiveSettings
from services.gateway.live.topics import topic_key

ANY_PROJECT = "*"


@dataclass(eq=False)
class _Listener:
    """``ready`` is set once lines arrive, so that none is lost between the backlog and the first of them."""

    task: asyncio.Task[None] | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class TailFeed(TopicFeed):
    """A new subscriber first gets the backlog, which the attempt's runner keeps (decision 27)."""

    def __init__(self, tail: Tail, rpc: Rpc, settings: LiveSettings) -> None:
        super().__init__()
        self._tail, self._rpc, self._settings = tail, rpc, settings
        self._listeners: dict[str, _Listener] = {}
        self._backlogs: dict[Subscription, asyncio.Task[None]] = {}

    def attach(self, subscription: Subscription) -> None:
        super().attach(subscription)
        attempt_id = topic_key(subscription.topic)
        if attempt_id not in self._listeners:
            listener = self._listeners[attempt_id] = _Listener()
            listener.task = asyncio.create_task(self._listen(attempt_id, listener.ready))
        subscription.hold_lines()
        backlog = self._send_backlog(subscription, attempt_id, self._listeners[attempt_id].ready)
        self._backlogs[subscription] = asyncio.create_task(backlog)

    def detach(self, subscription: Subscription) -> None:
        super().detach(subscription)
        if backlog := self._backlogs.pop(subscription, None):
            backlog.cancel()
        last = not self._subscribers(subscription.topic)
        if last and (listener := self._listeners.pop(topic_key(subscription.topic), None)) and listener.task:
            listener.task.cancel()

    def close(self) -> None:
        for task in (*(listener.task for listener in self._listeners.values()), *self._backlogs.values()):
            if task:
                task.cancel()

    async def _listen(self, attempt_id: str, ready: asyncio.Event) -> None:
        subject = subjects.tail(ANY_PROJECT, run_of(attempt_id), attempt_id)
        while True:
            try:
                async with self._tail.listen(subject) as lines:
                    ready.set()
                    async for payload in lines:
                        self._publish(attempt_id, payload)
            except BusError:
                pass
            await asyncio.sleep(self._settings.retry_seconds)

    async def _send_backlog(self, subscription: Subscription, attempt_id: str, ready: asyncio.Event) -> None:
        """No runner replies if none runs the attempt."""
        lines: tuple[TailLine, ...] = ()
        await ready.wait()
        try:
            request = ReadTail(attempt_id=attempt_id)
            lines = (await self._rpc.request(request, self._settings.backlog_seconds)).lines
        except (BusError, ProblemError):
            pass
        subscription.release_lines(lines)
        self._backlogs.pop(subscription, None)

    def _publish(self, attempt_id: str, payload: bytes) -> None:
        """Payloads that are not lines of this attempt are ignored."""
        try:
            line = decode(TailLine, payload)
        except Malformed:
            return
        if line.attempt_id == attempt_id:
            for subscription in self._subscribers(f"attempt:{attempt_id}"):
                subscription.offer_line(line, len(payload))
