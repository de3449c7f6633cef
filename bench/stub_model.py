"""An OpenAI-compatible endpoint that answers at once, so that benchmarks measure everything except the model.

``python -m bench.stub_model [SECONDS [SPREAD]]`` prints its address. It answers every request with the last word of the
last message, after SECONDS plus or minus a random share of them of up to SPREAD (0 to 1).
"""

from __future__ import annotations

import asyncio
import random
import sys
from functools import partial
from typing import Any

import msgspec


class _Body(msgspec.Struct):
    messages: list[dict[str, Any]]
    model: str = ""
    stream: bool = False


class StubProtocol(asyncio.Protocol):
    """One keep-alive connection. Supports only the HTTP/1.1 subset that the openai SDK uses."""

    transport: asyncio.Transport

    def __init__(self, delay_seconds: float, spread: float) -> None:
        self._buffer = b""
        self._delay_seconds, self._spread = delay_seconds, spread

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._next_request()) is not None:
            if self._delay_seconds:
                delay = self._delay_seconds * (1 + self._spread * random.uniform(-1, 1))
                asyncio.get_running_loop().call_later(delay, self.transport.write, _respond(request))
            else:
                self.transport.write(_respond(request))

    def _next_request(self) -> bytes | None:
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = _content_length(head)
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return rest[:length]


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _respond(body: bytes) -> bytes:
    request = msgspec.json.decode(body, type=_Body)
    text = str(request.messages[-1]["content"])
    answer = text.split()[-1]
    usage = {"prompt_tokens": len(text) // 4, "completion_tokens": 1, "total_tokens": len(text) // 4 + 1}
    if request.stream:
        return _stream(answer, usage)
    choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
    return _http(msgspec.json.encode(_envelope("chat.completion", [choice], usage)), "application/json")


def _stream(answer: str, usage: dict[str, int]) -> bytes:
    kind = "chat.completion.chunk"
    parts = [
        _envelope(kind, [{"index": 0, "delta": {"role": "assistant", "content": answer}, "finish_reason": None}], None),
        _envelope(kind, [{"index": 0, "delta": {}, "finish_reason": "stop"}], None),
        _envelope(kind, [], usage),
    ]
    body = b"".join(b"data: " + msgspec.json.encode(part) + b"\n\n" for part in parts) + b"data: [DONE]\n\n"
    return _http(body, "text/event-stream")


def _envelope(kind: str, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> dict[str, Any]:
    return {"id": "stub", "object": kind, "created": 0, "model": "echo", "choices": choices, "usage": usage}


def _http(body: bytes, media_type: str) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        media_type.encode(),
        len(body),
        body,
    )


async def main(delay_seconds: float, spread: float) -> None:
    make = partial(StubProtocol, delay_seconds, spread)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    arguments = [*map(float, sys.argv[1:]), 0.0, 0.0]
    asyncio.run(main(arguments[0], arguments[1]))
