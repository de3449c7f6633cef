"""The socket by which a program asks the model: every request is metered, and under the try's limits."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import secrets
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from assay.contracts.tail import StepKind
from services.runner.errors import CallRetryable, LimitReached, PromptRefused, PromptTooLong
from services.runner.models import ChatMessage, Completion, OnText
from services.runner.solvers.agent.transcript import Transcript
from services.runner.solvers.command.chat_api import (
    Asked,
    error,
    messages_of,
    models,
    read_asked,
    tools_of,
    whole,
)
from services.runner.solvers.command.event_stream import Streaming
from services.runner.solvers.command.http import MAX_HEAD_BYTES, BadRequest, HttpRequest, answer, read_request
from services.runner.tries.try_context import Try

SOCKET = "model.sock"


class Proxy:
    """``folder`` on the host holds the socket. ``ended`` gets the error after which the try cannot go on, and
    ``broken_off`` that which cut off an answer, until there is another. Requests that come at once are made one after
    another."""

    def __init__(self, attempt: Try, transcript: Transcript, folder: Path) -> None:
        self.token = secrets.token_urlsafe(24)
        self.folder = folder
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.broken_off: Exception | None = None
        self._attempt, self._transcript = attempt, transcript
        self._model = attempt.ticket.model.name
        self._numbers = itertools.count(1)
        self._turn = asyncio.Lock()
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection. What goes wrong in it ends neither the runner nor, mostly, the try."""
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def close(self) -> None:
        """Nothing is asked any more; a request under way is booked as one whose end nobody saw."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            try:
                await self._answer(await read_request(reader), writer)
            except BadRequest as refused:
                writer.write(answer(refused.status, error(str(refused), "invalid_request_error")))
            except Exception as failure:
                self._end(failure)
                writer.write(answer(402, error("the attempt has ended", "attempt_ended")))
            await writer.drain()
        writer.close()

    async def _answer(self, request: HttpRequest, writer: asyncio.StreamWriter) -> None:
        if not hmac.compare_digest(request.token.encode(), self.token.encode()):
            raise BadRequest(401, "the token is not this try's; it is in the variable OPENAI_API_KEY")
        if (request.method, request.path) == ("GET", "/v1/models"):
            writer.write(answer(200, models(self._model)))
            return
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            raise BadRequest(404, f"there is no {request.method} {request.path}; POST to /v1/chat/completions")
        asked, number = read_asked(request.body), next(self._numbers)
        if not asked.stream:
            writer.write(answer(200, whole(self._model, number, await self._complete(asked))))
            return
        streaming = Streaming(writer, self._model, number)
        try:
            await streaming.finish(await self._complete(asked, streaming.hear))
        except CallRetryable as failure:
            if not streaming.begun:
                raise
            self.broken_off = failure
        finally:
            await streaming.close()

    async def _complete(self, asked: Asked, on_text: OnText | None = None) -> Completion:
        async with self._turn:
            return await self._take_turn(asked, on_text)

    async def _take_turn(self, asked: Asked, on_text: OnText | None) -> Completion:
        limits, transcript = self._attempt.ticket.limits, self._transcript
        if limits.turns is not None and transcript.turn >= limits.turns:
            raise LimitReached("turns", f"all {limits.turns} turns are taken")
        messages = messages_of(asked)
        await self._hear_results(messages)
        transcript.turn += 1
        try:
            completion = await self._attempt.turn(messages, tools_of(asked), asked.most_tokens, on_text)
        except (PromptTooLong, PromptRefused) as refused:
            raise BadRequest(400, str(refused)) from refused
        self.broken_off = None
        await self._attempt.listener.flush()
        await transcript.add(StepKind.MESSAGE, completion.text)
        for call in completion.tool_calls:
            if limits.tool_calls is not None and transcript.tool_calls >= limits.tool_calls:
                raise LimitReached("tool_calls", f"all {limits.tool_calls} tool calls are used")
            transcript.tool_calls += 1
            await transcript.add(StepKind.CALL, call.arguments, tool=call.name, call_id=call.call_id)
        return completion

    async def _hear_results(self, messages: Sequence[ChatMessage]) -> None:
        """What the program says came of the calls in the last answer: its word for it, for it carried them out."""
        last = max((at for at, message in enumerate(messages) if message.role == "assistant"), default=len(messages))
        names = {call.call_id: call.name for message in messages[last : last + 1] for call in message.tool_calls}
        for told in messages[last + 1 :]:
            if told.role == "tool":
                tool = names.get(told.tool_call_id, "")
                await self._transcript.add(StepKind.RESULT, told.content, tool=tool, call_id=told.tool_call_id)

    def _end(self, failure: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(failure)
            self.ended.exception()


@asynccontextmanager
async def open_proxy(attempt: Try, transcript: Transcript) -> AsyncGenerator[Proxy]:
    """Listening until the block is left; then the socket is gone, and with it all that the token was worth."""
    folder = Path(mkdtemp(prefix="assay-model-"))
    proxy = Proxy(attempt, transcript, folder)
    try:
        server = await asyncio.start_unix_server(proxy.serve, folder / SOCKET, limit=MAX_HEAD_BYTES)
        try:
            _let_in(folder)
            yield proxy
        finally:
            server.close()
            await proxy.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _let_in(folder: Path) -> None:
    """Commands run as another user than we do; what keeps others out is the token."""
    folder.chmod(0o755)
    (folder / SOCKET).chmod(0o666)
