"""Pull requests to a JetStream consumer: fetch the available messages, or wait for the first one."""

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
    """A pull request and the messages received for it."""

    def __init__(self, reply: str, limit: int) -> None:
        self.reply = reply
        self.messages: list[Msg] = []
        self.status = ""
        """Why the server ended the request early, for example ``404`` when there was no more."""
        self.broken = False
        """The request was not received or the connection broke, so some messages may have been lost."""
        self._limit = limit
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def done(self) -> None:
        await self._done

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
        if isinstance(outcome, Permanent) and not self._done.done():
            self._done.set_exception(outcome)
        self._end()

    def _end(self) -> None:
        if not self._done.done():
            self._done.set_result(None)


class PullConsumer:
    """Sends pull requests to one consumer, one at a time, over one subscription."""

    def __init__(self, connection: Connection, stream: str, consumer: str) -> None:
        self._connection = connection
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = connection.inbox.branch()
        self._numbers = count(1)
        self._subscription: Subscription | None = None
        self._current: PullResult | None = None
        self.retired: asyncio.Task[None] | None = None
        """Set when a pull is cancelled: the subscription ends, and with it the request on the server. Messages that
        were on their way are returned."""

    async def pull(self, limit: int, wait_seconds: float) -> PullResult:
        """Up to ``limit`` messages; waits at most ``wait_seconds`` for the first.

        With ``no_wait`` and ``expires`` the server sends the available messages followed by a status, or keeps the
        request open until the first message arrives.
        """
        request: dict[str, int | bool] = {"batch": limit, "no_wait": True}
        if wait_seconds > 0:
            request["expires"] = int(wait_seconds * 1e9)
        result = self._current = PullResult(f"{self._inbox}.{next(self._numbers):x}", limit)
        error_reply = self._connection.inbox.expect(self._subject, result.fail)
        try:
            async with asyncio.timeout(wait_seconds + _GRACE_SECONDS):
                await self._subscribe()
                await self._connection.publish(self._subject, json.encode(request), result.reply)
                await result.done()
        except (TimeoutError, BusUnavailable):
            result.broken = True
        except asyncio.CancelledError:
            self.retired = asyncio.create_task(self._retire(result.messages))
            raise
        finally:
            self._current = None
            self._connection.inbox.forget(error_reply)
        return result

    async def close(self) -> None:
        if self._subscription is not None:
            await self._connection.unsubscribe(self._subscription)

    async def _subscribe(self) -> None:
        await self._connection.up()
        if self._subscription is None:
            self._subscription = await self._connection.subscribe(f"{self._inbox}.*", self._on_message)

    async def _on_message(self, message: Msg) -> None:
        """Messages have an ack subject, statuses have none. A message that arrives too late, or beyond the limit, is
        returned at once, so that other workers get it without waiting for the ack wait to end."""
        current = self._current
        if not message.reply:
            if current is not None and message.subject == current.reply:
                current.end(message)
        elif current is None or current.full:
            await self._return([message])
        else:
            current.add(message)

    async def _retire(self, messages: list[Msg]) -> None:
        await self._return(messages)
        if self._subscription is not None:
            await self._connection.drain(self._subscription)

    async def _return(self, messages: list[Msg]) -> None:
        with suppress(BusError):
            for message in messages:
                await self._connection.publish(message.reply, b"-NAK")
