"""Writes the tail: a few short lines that people see live. The full text goes into the artifacts."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from assay.contracts import subjects
from assay.contracts.attempts import Ticket
from assay.contracts.codec import Message
from assay.contracts.ids import run_of
from assay.contracts.tail import AgentStep, TailKind, TailLine, tail_end
from services.runner.text import storable
from services.runner.tries.tail_buffer import TailBuffer

FLUSH_INTERVAL_SECONDS = 0.1
MAX_LINE_CHARACTERS = 2000


OnWait = Callable[[str], Awaitable[None]]
"""Called with the reason, for people, when something has to wait."""


class TailPort(Protocol):
    async def emit(self, subject: str, message: Message) -> None:
        """Never waits and never fails."""
        ...


class TailWriter:
    """``text`` and ``reasoning`` collect all that the model streams; the tail gets a line of it every 0.1 s."""

    def __init__(self, ticket: Ticket, tail: TailPort, buffer: TailBuffer) -> None:
        self._ticket = ticket
        self._tail, self._buffer = tail, buffer
        self._offset = 0
        self._subject = subjects.tail(ticket.project, run_of(ticket.attempt_id), ticket.attempt_id)
        self._pieces: dict[TailKind, list[str]] = {TailKind.MODEL: [], TailKind.REASONING: []}
        self._stale = False
        self._pending: list[tuple[TailKind, str]] = []
        self._last_sent = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    @property
    def text(self) -> str:
        return "".join(self._pieces[TailKind.MODEL])

    @property
    def reasoning(self) -> str:
        return "".join(self._pieces[TailKind.REASONING])

    def add_text(self, text: str) -> None:
        """Adds a piece of the model's answer."""
        self._add(TailKind.MODEL, text)

    def add_reasoning(self, text: str) -> None:
        """Adds a piece of the model's reasoning."""
        self._add(TailKind.REASONING, text)

    def _add(self, kind: TailKind, text: str) -> None:
        if self._stale:
            for pieces in self._pieces.values():
                pieces.clear()
            self._stale = False
        self._pieces[kind].append(text)
        self._pending.append((kind, text))
        if self._timer is None:
            delay = max(0.0, self._last_sent + FLUSH_INTERVAL_SECONDS - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._send)

    def start_request(self, number: int) -> None:
        """The next text replaces that of the previous request."""
        self._stale = True
        if number > 1:
            self._pending = [(TailKind.MODEL, f"\n[request {number}]\n")]

    async def flush(self) -> None:
        """Sends pending text now."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        pending, self._pending = self._pending, []
        for kind, pieces in itertools.groupby(pending, key=lambda piece: piece[0]):
            await self.emit(kind, "".join(text for _, text in pieces))

    async def step(self, text: str) -> None:
        """What the runner is doing or waiting for."""
        await self.emit(TailKind.STEP, text)

    async def emit(self, kind: TailKind, text: str, step: AgentStep | None = None) -> None:
        """Sends one line now. Of long text only the end is sent, with the number of lines dropped."""
        shown = text[-MAX_LINE_CHARACTERS:]
        dropped = text.count("\n", 0, len(text) - len(shown))
        line = TailLine(
            attempt_id=self._ticket.attempt_id,
            token=self._ticket.token,
            kind=kind,
            text=storable(shown),
            time=datetime.now(UTC),
            dropped=dropped,
            step=step,
            offset=self._offset,
        )
        self._offset = tail_end(line)
        self._buffer.add(line)
        await self._tail.emit(self._subject, line)

    def _send(self) -> None:
        self._timer = None
        self._last_sent = time.monotonic()
        self._sending = asyncio.ensure_future(self.flush())
