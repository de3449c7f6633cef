"""What people see of an attempt while it happens: few and small lines on the tail, the whole kept for the artifacts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from assay.contracts import subjects
from assay.contracts.attempts import Ticket
from assay.contracts.codec import Message
from assay.contracts.ids import run_of
from assay.contracts.tail import AgentStep, TailKind, TailLine
from services.runner.text import storable

EVERY_SECONDS = 0.1
LINE_CHARACTERS = 2000


Waits = Callable[[str], Awaitable[None]]
"""Is told, in words for people, what is waited for."""


class TailPort(Protocol):
    async def emit(self, subject: str, message: Message) -> None:
        """Never waits, never fails."""
        ...


class Listener:
    """Hears a model's text. All of it is in ``text``; the tail gets what fits in one line every 0.1 s."""

    def __init__(self, ticket: Ticket, tail: TailPort) -> None:
        self._ticket = ticket
        self._tail = tail
        self._subject = subjects.tail(ticket.project, run_of(ticket.attempt_id), ticket.attempt_id)
        self._pieces: list[str] = []
        self._outdated = False
        self._waiting: list[str] = []
        self._last_seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def hear(self, text: str) -> None:
        """A piece of the model's text."""
        if self._outdated:
            self._pieces.clear()
            self._outdated = False
        self._pieces.append(text)
        self._waiting.append(text)
        if self._timer is None:
            wait_seconds = max(0.0, self._last_seconds + EVERY_SECONDS - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait_seconds, self._send)

    def restart(self, request: int) -> None:
        """Another request begins: what was heard of the one before counts until this one says something."""
        self._outdated = True
        if request > 1:
            self._waiting = [f"\n[request {request}]\n"]

    async def flush(self) -> None:
        """Sends what waits, now."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        text = "".join(self._waiting)
        self._waiting.clear()
        if text:
            await self.say(TailKind.MODEL, text)

    async def step(self, text: str) -> None:
        """What the runner does now, or what it waits for."""
        await self.say(TailKind.STEP, text)

    async def say(self, kind: TailKind, text: str, step: AgentStep | None = None) -> None:
        """One line now; of a long text the end, with the number of lines left out."""
        shown = text[-LINE_CHARACTERS:]
        dropped = text.count("\n", 0, len(text) - len(shown))
        line = TailLine(
            attempt_id=self._ticket.attempt_id,
            token=self._ticket.token,
            kind=kind,
            text=storable(shown),
            time=datetime.now(UTC),
            dropped=dropped,
            step=step,
        )
        await self._tail.emit(self._subject, line)

    def _send(self) -> None:
        self._timer = None
        self._last_seconds = time.monotonic()
        self._sending = asyncio.ensure_future(self.flush())
