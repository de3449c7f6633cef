"""A provider's server on a real socket, which fails in configurable ways. The path decides its wire format."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from threading import Thread
from typing import Any, Protocol, TypeVar

from tests.fakes.providers import (
    anthropic_messages,
    bedrock,
    google_generate,
    google_token,
    ollama_chat,
    ollama_pull,
    openai_chat,
    openai_responses,
)
from tests.fakes.providers.reply import USAGE, Reply

__all__ = ["USAGE", "FakeEndpoint", "Reply", "serve_endpoint", "serve_in_thread"]

E = TypeVar("E", bound="FakeEndpoint")


class WireFormat(Protocol):
    """A module that writes replies. ``EVENTS`` is the content type of streams; ``events`` are their chunks. ``read``
    makes a request's body have ``model`` and ``stream``, wherever the format has them."""

    EVENTS: str

    def read(self, path: str, body: dict[str, Any]) -> dict[str, Any]: ...

    def error(self, reply: Reply) -> dict[str, Any]: ...

    def whole(self, reply: Reply, body: dict[str, Any]) -> dict[str, Any]: ...

    def models(self, names: Sequence[str]) -> dict[str, Any]:
        """The list of models."""
        ...

    def events(self, reply: Reply, body: dict[str, Any]) -> Iterator[bytes]: ...


_FORMATS: dict[str, WireFormat] = {
    "/messages": anthropic_messages,
    "awPredict": anthropic_messages,
    "/invoke": bedrock,
    "/invoke-with-response-stream": bedrock,
    "enerateContent": google_generate,
    "/responses": openai_responses,
    "/api/chat": ollama_chat,
    "/api/pull": ollama_pull,
}
"""By the end of the path; any other is OpenAI's chat completions."""


class FakeEndpoint:
    """Sends each of ``replies`` once, then ``default``; lists ``models``. ``url`` ends with ``/v1``, ``root`` does not.
    ``paths`` include the query."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.default = Reply()
        self.models = ("beta", "alpha")
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.connections = self.open_connections = 0
        self.in_flight = self.max_in_flight = 0
        self.root = ""

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def reply_to(self, body: dict[str, Any]) -> Reply:
        return self.replies.popleft() if self.replies else self.default

    async def own_reply(self, path: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        """Status and body of requests that only this provider has; None for all others."""
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self._serve_request(reader, writer)
        finally:
            self.open_connections -= 1
            writer.close()

    async def _serve_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        target = first.split(" ")[1]
        path = target.partition("?")[0]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        if path == google_token.PATH:
            await _send_token(writer)
            return
        self.headers.append(headers)
        self.paths.append(target)
        body = json.loads(content) if content else {}
        if (own := await self.own_reply(path, body)) is not None:
            await _send_json(writer, *own)
            return
        if first.startswith("GET "):
            await self._list_models(_listing_format(path, headers), writer)
            return
        self.bodies.append(body)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            wire = next((wire for end, wire in _FORMATS.items() if path.endswith(end)), openai_chat)
            await self._answer(wire, self.reply_to(body), wire.read(path, body), writer)
        finally:
            self.in_flight -= 1

    async def _list_models(self, wire: WireFormat, writer: asyncio.StreamWriter) -> None:
        reply = self.replies.popleft() if self.replies else Reply()
        listed = wire.models(self.models) if reply.status == 200 else wire.error(reply)
        content = reply.raw if reply.raw is not None else json.dumps(listed).encode()
        writer.write(_head(reply.status, {"content-type": "application/json", "content-length": str(len(content))}))
        writer.write(content)
        await writer.drain()

    async def _answer(self, wire: WireFormat, reply: Reply, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if reply.hang:
            await asyncio.sleep(60)
        if reply.hang_up:
            raise ConnectionError("the reply says to hang up")
        if reply.raw is None and reply.status == 200 and body.get("stream"):
            await self._stream(wire, reply, body, writer)
            return
        content = reply.raw if reply.raw is not None else _whole(wire, reply, body)
        kind = reply.content_type or "application/json"
        head = _head(reply.status, {"content-type": kind, "content-length": str(len(content)), **reply.headers})
        writer.write(head + content)
        await writer.drain()

    async def _stream(self, wire: WireFormat, reply: Reply, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, {"content-type": wire.EVENTS, "transfer-encoding": "chunked"}))
        for number, data in enumerate(wire.events(reply, body)):
            if number == reply.break_after:
                raise ConnectionError("the reply says to break off")
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            await writer.drain()
            await asyncio.sleep(reply.pause_seconds + (reply.silent_seconds if number == reply.silent_after else 0))
        writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def serve_endpoint(endpoint: E) -> AsyncGenerator[E]:
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0, limit=1 << 24)
    endpoint.root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield endpoint
    finally:
        server.close()


@contextmanager
def serve_in_thread(endpoint: E) -> Generator[E]:
    """For tests that block while the endpoint serves."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = serve_endpoint(endpoint)
    asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
    try:
        yield endpoint
    finally:
        asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result()
        asyncio.run_coroutine_threadsafe(_cancel_others(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _cancel_others() -> None:
    """Ends the connections that clients left open."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _listing_format(path: str, headers: dict[str, str]) -> WireFormat:
    """Most providers list their models at the same path."""
    if path == "/api/tags":
        return ollama_chat
    if "anthropic-version" in headers:
        return anthropic_messages
    return google_generate if "x-goog-api-key" in headers else openai_chat


async def _send_json(writer: asyncio.StreamWriter, status: int, body: Any) -> None:
    content = json.dumps(body).encode()
    writer.write(_head(status, {"content-type": "application/json", "content-length": str(len(content))}) + content)
    await writer.drain()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def _send_token(writer: asyncio.StreamWriter) -> None:
    content = json.dumps(google_token.token_reply()).encode()
    writer.write(_head(200, {"content-type": "application/json", "content-length": str(len(content))}) + content)
    await writer.drain()


def _whole(wire: WireFormat, reply: Reply, body: dict[str, Any]) -> bytes:
    return json.dumps(wire.whole(reply, body) if reply.status == 200 else wire.error(reply)).encode()
