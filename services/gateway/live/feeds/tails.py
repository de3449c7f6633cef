"""Output of running attempts, listened to only while it has subscribers."""

from __future__ import annotations

import asyncio

from assay.bus.errors import BusError
from assay.bus.protocol import Tail
from assay.contracts import subjects
from assay.contracts.codec import Malformed, decode
from assay.contracts.ids import run_of
from assay.contracts.tail import TailLine
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.feeds.topic_feed import TopicFeed
from services.gateway.live.settings import LiveSettings
from services.gateway.live.topics import topic_key

ANY_PROJECT = "*"


class TailFeed(TopicFeed):
    def __init__(self, tail: Tail, settings: LiveSettings) -> None:
        super().__init__()
        self._tail, self._settings = tail, settings
        self._listeners: dict[str, asyncio.Task[None]] = {}

    def attach(self, subscription: Subscription) -> None:
        super().attach(subscription)
        attempt_id = topic_key(subscription.topic)
        if attempt_id not in self._listeners:
            self._listeners[attempt_id] = asyncio.create_task(self._listen(attempt_id))

    def detach(self, subscription: Subscription) -> None:
        super().detach(subscription)
        last = not self._subscribers(subscription.topic)
        if last and (listener := self._listeners.pop(topic_key(subscription.topic), None)):
            listener.cancel()

    def close(self) -> None:
        for listener in self._listeners.values():
            listener.cancel()

    async def _listen(self, attempt_id: str) -> None:
        subject = subjects.tail(ANY_PROJECT, run_of(attempt_id), attempt_id)
        while True:
            try:
                async with self._tail.listen(subject) as lines:
                    async for payload in lines:
                        self._publish(attempt_id, payload)
            except BusError:
                pass
            await asyncio.sleep(self._settings.retry_seconds)

    def _publish(self, attempt_id: str, payload: bytes) -> None:
        """Payloads that are not lines of this attempt are ignored."""
        try:
            line = decode(TailLine, payload)
        except Malformed:
            return
        if line.attempt_id == attempt_id:
            for subscription in self._subscribers(f"attempt:{attempt_id}"):
                subscription.offer_line(line, len(payload))
