"""An answer that is told while the model still writes it.

What was told cannot be taken back: when the provider breaks off, the connection is cut, as the provider's own would be,
and the request is not made again behind the program's back.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from services.runner.models import Completion
from services.runner.solvers.command.chat_api import last_events, text_event
from services.runner.solvers.command.http import STREAM_END, STREAM_HEAD, chunk


class Streaming:
    """``begun`` from the first piece on; before it an error can still be answered as one."""

    def __init__(self, writer: asyncio.StreamWriter, model: str, number: int) -> None:
        self._writer, self._model, self._number = writer, model, number
        self._waiting: list[str] = []
        self._sending: asyncio.Task[None] | None = None
        self.begun = self._finished = False

    def hear(self, text: str) -> None:
        """A piece of the model's text. While the program reads slowly, pieces are put together."""
        if not self.begun:
            self.begun = True
            self._writer.write(STREAM_HEAD)
        self._waiting.append(text)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def finish(self, completion: Completion) -> None:
        """The rest: the text if none of it was heard, the calls, and what it cost in tokens."""
        if not self.begun:
            self.hear(completion.text)
        if self._sending:
            await self._sending
        self._writer.write(chunk(last_events(self._model, self._number, completion)) + STREAM_END)
        self._finished = True

    async def close(self) -> None:
        """Cuts off what was not finished, so that nobody takes it for the whole."""
        if self._finished or not self.begun:
            return
        if self._sending:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        self._writer.transport.abort()

    async def _send(self) -> None:
        with suppress(ConnectionError):
            while self._waiting:
                text = "".join(self._waiting)
                self._waiting.clear()
                self._writer.write(chunk(text_event(self._model, self._number, text)))
                await self._writer.drain()
