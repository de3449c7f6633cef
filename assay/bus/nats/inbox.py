"""Replies to everything this connection asks, over one subscription."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import count

from nats.aio.client import Client
from nats.aio.msg import Msg

from assay.bus.errors import BusError

OnReply = Callable[[Msg | BusError], None]


class Inbox:
    """Each exchange has a reply subject of its own, and a random one, so that no other user can answer in our name."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc
        self._numbers = count(1)
        self._expected: dict[str, tuple[str, OnReply]] = {}
        self._prefix = ""

    async def open(self, prefix: str) -> None:
        self._prefix = f"{prefix}.{secrets.token_hex(12)}"
        await self._nc.subscribe(f"{self._prefix}.*", cb=self._on_message)

    def expect(self, subject: str, on_reply: OnReply) -> str:
        """A reply subject for what is about to be sent on ``subject``. Messages, or the error that ends the wait, go to
        ``on_reply`` until it is forgotten."""
        reply = f"{self._prefix}.{next(self._numbers):x}"
        self._expected[reply] = (subject, on_reply)
        return reply

    def branch(self) -> str:
        """A prefix for reply subjects that someone else subscribes to; random like our own."""
        return f"{self._prefix}.{next(self._numbers):x}-{secrets.token_hex(6)}"

    def forget(self, reply: str) -> None:
        self._expected.pop(reply, None)

    def fail(self, error: BusError, subject: str = "") -> None:
        """Tell those who wait for replies to ``subject`` (in lower case; all, if empty) that none will come."""
        for sent_on, on_reply in list(self._expected.values()):
            if not subject or sent_on.lower() == subject:
                on_reply(error)

    async def _on_message(self, message: Msg) -> None:
        expected = self._expected.get(message.subject)
        if expected is not None:
            expected[1](message)
