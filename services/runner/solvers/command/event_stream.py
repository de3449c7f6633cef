"""Streams an answer to the program while the model is still writing it.

What was sent cannot be taken back: if the provider breaks off, the connection to the program is cut as well, and the
request is not retried without the program's knowledge.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from services.runner.models import Completion
from services.runner.solvers.command.chat_api import final_chunks, text_chunk
from services.runner.solvers.command.http import HttpConnection


class EventStream:
    """``started`` is set with the first piece; before it, an error can still be sent as a response."""

    def __init__(self, connection: HttpConnection, model: str, number: int) -> None:
        self._connection, self._model, self._number = connection, model, number
        self._pending: list[str] = []
        self._sending: asyncio.Task[None] | None = None
        self.started = self._finished = False

    def send_text(self, text: str) -> None:
        """Sends a piece of the model's text. If the program reads slowly, pieces are joined."""
        if not self.started:
            self.started = True
            self._connection.start_stream()
        self._pending.append(text)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def finish(self, completion: Completion) -> None:
        """Sends the rest: the text if none of it was streamed, the tool calls and the usage."""
        if not self.started:
            self.send_text(completion.text)
        if self._sending:
            await self._sending
        self._connection.send_chunk(final_chunks(self._model, self._number, completion))
        self._connection.end_stream()
        self._finished = True

    async def close(self) -> None:
        """Cuts off an unfinished stream, so that the program knows it is incomplete."""
        if self._finished or not self.started:
            return
        if self._sending:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        self._connection.writer.transport.abort()

    async def _send(self) -> None:
        with suppress(ConnectionError):
            while self._pending:
                text = "".join(self._pending)
                self._pending.clear()
                self._connection.send_chunk(text_chunk(self._model, self._number, text))
                await self._connection.writer.drain()
