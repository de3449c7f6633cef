"""A small OpenAI-compatible server on a real socket, which fails in configurable ways."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(kw_only=True)
class Reply:
    """The reply to one request. ``raw`` replaces the body, ``hang`` sends nothing, ``hang_up`` closes the connection
    instead, ``break_after`` closes it after that many pieces of a stream. The stream pauses for ``silent_seconds``
    after piece ``silent_after``, and for ``pause_seconds`` after every piece."""

    text: str = "hello world"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    finish_reason: str | None = "stop"
    usage: dict[str, Any] | None = field(default_factory=lambda: dict(USAGE))
    refusal: str | None = None
    calls: tuple[tuple[str, str], ...] = ()
    """Names of tools, with their arguments as JSON."""
    piece: int = 4
    raw: bytes | None = None
    content_type: str = ""
    hang: bool = False
    hang_up: bool = False
    break_after: int | None = None
    done: bool = True
    silent_seconds: float = 0.0
    silent_after: int = 0
    pause_seconds: float = 0.0


E = TypeVar("E", bound="FakeEndpoint")


class FakeEndpoint:
    """Sends each of ``replies`` once, then ``default``."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.default = Reply()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.in_flight = self.max_in_flight = 0
        self.url = ""

    def reply_to(self, body: dict[str, Any]) -> Reply:
        return self.replies.popleft() if self.replies else self.default

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._serve_request(reader, writer)
        writer.close()

    async def _serve_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.bodies.append(body)
        self.headers.append(headers)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await self._answer(self.reply_to(body), body, writer)
        finally:
            self.in_flight -= 1

    async def _answer(self, reply: Reply, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if reply.hang:
            await asyncio.sleep(60)
        if reply.hang_up:
            raise ConnectionError("the reply says to hang up")
        if reply.raw is None and reply.status == 200 and body.get("stream"):
            await self._stream(reply, body, writer)
            return
        content = reply.raw if reply.raw is not None else _whole(reply, body)
        kind = reply.content_type or "application/json"
        head = _head(reply.status, {"content-type": kind, "content-length": str(len(content)), **reply.headers})
        writer.write(head + content)
        await writer.drain()

    async def _stream(self, reply: Reply, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        for number, event in enumerate(_events(reply, body)):
            if number == reply.break_after:
                raise ConnectionError("the reply says to break off")
            data = b"data: " + event + b"\n\n"
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            await writer.drain()
            await asyncio.sleep(reply.pause_seconds + (reply.silent_seconds if number == reply.silent_after else 0))
        writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def serve_endpoint(endpoint: E) -> AsyncGenerator[E]:
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0, limit=1 << 24)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield endpoint
    finally:
        server.close()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _whole(reply: Reply, body: dict[str, Any]) -> bytes:
    if reply.status != 200:
        return json.dumps({"error": {"message": reply.text, "type": "fake", "code": None}}).encode()
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.calls:
        message["tool_calls"] = [_call(number, *call) for number, call in enumerate(reply.calls)]
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [choice],
    }
    return json.dumps(whole | ({"usage": reply.usage} if reply.usage else {})).encode()


def _call(number: int, name: str, arguments: str) -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": body["model"]}
    pieces = [reply.text[at : at + reply.piece] for at in range(0, len(reply.text), reply.piece)]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
    for number, (name, arguments) in enumerate(reply.calls):
        deltas.append({"tool_calls": [{"index": number, **_call(number, name, "")}]})
        for at in range(0, len(arguments), reply.piece):
            piece = {"index": number, "function": {"arguments": arguments[at : at + reply.piece]}}
            deltas.append({"tool_calls": [piece]})
    deltas += [{"refusal": reply.refusal}] if reply.refusal else []
    for delta in deltas:
        yield json.dumps(frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}).encode()
    yield json.dumps(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]}).encode()
    if reply.usage and body.get("stream_options", {}).get("include_usage"):
        yield json.dumps(frame | {"choices": [], "usage": reply.usage}).encode()
    if reply.done:
        yield b"[DONE]"
