"""Pull requests: ask a durable consumer for messages, take what is there, else wait for the first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count

from msgspec import json
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from assay.bus.errors import BusError, BusUnavailable, Permanent
from assay.bus.nats.connection import Connection

_GRACE_SECONDS = 1.0


class PullResult:
    """One pull request and what came of it."""

    def __init__(self, reply: str, limit: int) -> None:
        self.reply = reply
        self.messages: list[Msg] = []
        self.status = ""
        """Why the server ended the request early, for example ``404`` when there was no more."""
        self.broken = False
        """Nobody heard us, or the line broke: some messages may have been lost on the way."""
        self._limit = limit
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def over(self) -> None:
        await self._over

    @property
    def full(self) -> bool:
        return len(self.messages) >= self._limit

    def add(self, message: Msg) -> None:
        self.messages.append(message)
        if self.full:
            self._end()

    def end(self, message: Msg) -> None:
        headers = message.headers or {}
        self.status = f"{headers.get('Status', '')} {headers.get('Description', '')}".strip()
        self.broken = self.broken or self.status.startswith("503")
        self._end()

    def fail(self, outcome: Msg | BusError) -> None:
        self.broken = True
        if isinstance(outcome, Permanent) and not self._over.done():
            self._over.set_exception(outcome)
        self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


class PullConsumer:
    """Makes pull requests at one consumer, one at a time, over one subscription."""

    def __init__(self, connection: Connection, stream: str, consumer: str) -> None:
        self._connection = connection
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = connection.inbox.branch()
        self._numbers = count(1)
        self._subscription: Subscription | None = None
        self._current: PullResult | None = None
        self.retired: asyncio.Task[None] | None = None
        """Set once a request was given up: the server still holds it, and what it sends for it must be given back."""

    async def pull(self, limit: int, wait_seconds: float) -> PullResult:
        """What the consumer has, up to ``limit``; waits at most ``wait_seconds`` for the first.

        ``no_wait`` together with ``expires`` is the server's one-shot mode: it answers at once with what there is and a
        closing status, or holds the request until the first message comes.
        """
        request: dict[str, int | bool] = {"batch": limit, "no_wait": True}
        if wait_seconds > 0:
            request["expires"] = int(wait_seconds * 1e9)
        found = self._current = PullResult(f"{self._inbox}.{next(self._numbers):x}", limit)
        watch = self._connection.inbox.expect(self._subject, found.fail)
        try:
            async with asyncio.timeout(wait_seconds + _GRACE_SECONDS):
                await self._listen()
                await self._connection.publish(self._subject, json.encode(request), found.reply)
                await found.over()
        except (TimeoutError, BusUnavailable):
            found.broken = True
        except asyncio.CancelledError:
            self.retired = asyncio.create_task(self._retire(found.messages, wait_seconds + _GRACE_SECONDS))
            raise
        finally:
            self._current = None
            self._connection.inbox.forget(watch)
        return found

    async def close(self) -> None:
        if self._subscription is not None:
            await self._connection.unsubscribe(self._subscription)

    async def _listen(self) -> None:
        await self._connection.up()
        if self._subscription is None:
            self._subscription = await self._connection.subscribe(f"{self._inbox}.*", self._on_message)

    async def _on_message(self, message: Msg) -> None:
        """A message keeps its stream's subject and is told from a status by its ack subject. One that comes too late
        or is too much is given back: others shall have it at once and not after the ack wait."""
        current = self._current
        if not message.reply:
            if current is not None and message.subject == current.reply:
                current.end(message)
        elif current is None or current.full:
            await self._give_back([message])
        else:
            current.add(message)

    async def _retire(self, messages: list[Msg], seconds: float) -> None:
        await self._give_back(messages)
        await asyncio.sleep(seconds)
        await self.close()

    async def _give_back(self, messages: list[Msg]) -> None:
        with suppress(BusError):
            for message in messages:
                await self._connection.publish(message.reply, b"-NAK")
