"""The socket through which a program calls the model. Every request is metered, and under the try's limits."""

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
from services.runner.errors import CallRetryable, PromptRefused, PromptTooLong
from services.runner.models import ChatMessage, Completion, OnText
from services.runner.solvers.agent.transcript import Transcript
from services.runner.solvers.command.chat_api import (
    ChatRequest,
    completion_body,
    error_body,
    models_body,
    parse_chat_request,
    to_messages,
    to_tools,
)
from services.runner.solvers.command.event_stream import EventStream
from services.runner.solvers.command.http import BadRequest, ClientDisconnected, HttpConnection, HttpRequest
from services.runner.tries.try_context import TryContext

SOCKET = "model.sock"


class ModelProxy:
    """``folder`` on the host has the socket. ``ended`` gets the error that ends the try. ``stream_failure`` is the
    error that broke off the last answer. Concurrent requests are processed one after another."""

    def __init__(self, try_: TryContext, transcript: Transcript, folder: Path) -> None:
        self.token = secrets.token_urlsafe(24)
        self.folder = folder
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stream_failure: Exception | None = None
        self._try, self._transcript = try_, transcript
        self._model = try_.ticket.model.name
        self._numbers = itertools.count(1)
        self._lock = asyncio.Lock()
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, in a task of its own that ``close`` can cancel."""
        connection = asyncio.create_task(self._serve(HttpConnection(reader, writer)))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def close(self) -> None:
        """Stops all requests; a model call in flight is booked at its worst case."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, connection: HttpConnection) -> None:
        with suppress(ConnectionError):
            try:
                await self._respond(await connection.read_request(), connection)
            except BadRequest as refused:
                connection.respond(refused.status, error_body(str(refused), "invalid_request_error"))
            except ClientDisconnected:
                pass
            except Exception as failure:
                self._end(failure)
                connection.respond(402, error_body("the attempt has ended", "attempt_ended"))
            await connection.writer.drain()
        connection.writer.close()

    async def _respond(self, request: HttpRequest, connection: HttpConnection) -> None:
        if not hmac.compare_digest(request.token.encode(), self.token.encode()):
            raise BadRequest(401, "wrong token; use the one in the environment variable OPENAI_API_KEY")
        if (request.method, request.path) == ("GET", "/v1/models"):
            connection.respond(200, models_body(self._model))
            return
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            raise BadRequest(404, f"there is no {request.method} {request.path}; use POST /v1/chat/completions")
        chat_request, number = parse_chat_request(request.body), next(self._numbers)
        if not chat_request.stream:
            connection.respond(200, completion_body(self._model, number, await self._complete(chat_request)))
            return
        stream = EventStream(connection, self._model, number)
        try:
            await stream.finish(await self._complete(chat_request, stream.send_text))
        except CallRetryable as failure:
            if not stream.started:
                raise
            self.stream_failure = failure
        finally:
            await stream.close()

    async def _complete(self, request: ChatRequest, on_text: OnText | None = None) -> Completion:
        async with self._lock:
            return await self._turn(request, on_text)

    async def _turn(self, request: ChatRequest, on_text: OnText | None) -> Completion:
        try_, limits, transcript = self._try, self._try.ticket.limits, self._transcript
        transcript.check_turns(limits)
        messages = to_messages(request)
        await self._record_results(messages)
        transcript.start_turn(limits)
        try:
            completion = await try_.turn(messages, to_tools(request), request.output_token_limit, on_text)
        except (PromptTooLong, PromptRefused) as refused:
            raise BadRequest(400, str(refused)) from refused
        self.stream_failure = None
        await try_.tail.flush()
        await transcript.add_message(completion)
        for call in completion.tool_calls:
            step = await transcript.add_call(call, limits)
            try_.audit.add_call(call.name, call.arguments, step.number)
        return completion

    async def _record_results(self, messages: Sequence[ChatMessage]) -> None:
        """Adds the results of the last answer's tool calls as the program reports them, since it runs the tools."""
        last = max((at for at, message in enumerate(messages) if message.role == "assistant"), default=len(messages))
        names = {call.call_id: call.name for message in messages[last : last + 1] for call in message.tool_calls}
        for message in messages[last + 1 :]:
            if message.role == "tool":
                tool = names.get(message.tool_call_id, "")
                await self._transcript.add(StepKind.RESULT, message.content, tool=tool, call_id=message.tool_call_id)

    def _end(self, failure: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(failure)
            self.ended.exception()


@asynccontextmanager
async def open_proxy(try_: TryContext, transcript: Transcript) -> AsyncGenerator[ModelProxy]:
    """Listens until the block is left. Then the socket is removed, and the token is worthless."""
    folder = Path(mkdtemp(prefix="assay-model-"))
    proxy = ModelProxy(try_, transcript, folder)
    try:
        server = await asyncio.start_unix_server(proxy.serve, folder / SOCKET)
        try:
            _allow_other_users(folder)
            yield proxy
        finally:
            server.close()
            await proxy.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _allow_other_users(folder: Path) -> None:
    """Commands run as another user; the token keeps other processes out."""
    folder.chmod(0o755)
    (folder / SOCKET).chmod(0o666)
