"""Replies to all requests of a connection, over one subscription."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count

from nats.aio.client import Client
from nats.aio.msg import Msg

from assay.bus.errors import BusError

OnReply = Callable[[Msg | BusError], None]


class Inbox:
    """Each request has its own random reply subject, so that other users cannot forge replies."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc
        self._numbers = count(1)
        self._expected: dict[str, tuple[str, OnReply]] = {}
        self._prefix = ""

    async def open(self, prefix: str) -> None:
        self._prefix = f"{prefix}.{secrets.token_hex(12)}"
        await self._nc.subscribe(f"{self._prefix}.*", cb=self._on_message)

    @contextmanager
    def reply_to(self, subject: str) -> Generator[tuple[str, asyncio.Future[Msg]]]:
        """A reply subject for one request on ``subject``, and its reply. An error that ends the wait is raised by the
        future."""
        future: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        reply = self.expect(subject, _settle(future))
        try:
            yield reply, future
        finally:
            self.forget(reply)
            _mark_retrieved(future)

    def expect(self, subject: str, on_reply: OnReply) -> str:
        """Create a reply subject for a request on ``subject``. Replies, or the error that ends the wait, are passed to
        ``on_reply`` until ``forget``."""
        reply = f"{self._prefix}.{next(self._numbers):x}"
        self._expected[reply] = (subject, on_reply)
        return reply

    def branch(self) -> str:
        """A random prefix for reply subjects with a separate subscription."""
        return f"{self._prefix}.{next(self._numbers):x}-{secrets.token_hex(6)}"

    def forget(self, reply: str) -> None:
        self._expected.pop(reply, None)

    def fail(self, error: BusError, subject: str = "") -> None:
        """Pass the error to all waiting for a reply on ``subject`` (in lower case; empty: on any subject)."""
        for sent_on, on_reply in list(self._expected.values()):
            if not subject or sent_on.lower() == subject:
                on_reply(error)

    async def _on_message(self, message: Msg) -> None:
        expected = self._expected.get(message.subject)
        if expected is not None:
            expected[1](message)


def _mark_retrieved(future: asyncio.Future[Msg]) -> None:
    """Keep asyncio from logging an error that arrived after the wait had ended."""
    if future.done() and not future.cancelled():
        future.exception()


def _settle(future: asyncio.Future[Msg]) -> Callable[[Msg | BusError], None]:
    def settle(outcome: Msg | BusError) -> None:
        if future.done():
            return
        if isinstance(outcome, BusError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    return settle
