"""OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fakes.providers.reply import Reply

EVENTS: str = "text/event-stream"


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return body


def error(reply: Reply) -> dict[str, Any]:
    return {"error": {"message": reply.text, "type": reply.error_type or "fake", "code": None}}


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [_call(number, *call) for number, call in enumerate(reply.calls)]
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    found = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": _model(reply, body)}
    return found | {"choices": [choice]} | ({"usage": reply.usage} if reply.usage else {})


def models(names: Sequence[str]) -> dict[str, Any]:
    data = [{"id": name, "object": "model", "created": 1, "owned_by": "fake"} for name in names]
    return {"object": "list", "data": data}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    model = _model(reply, body)
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
    for delta in _deltas(reply):
        yield _event(frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]})
    if reply.usage and body.get("stream_options", {}).get("include_usage"):
        yield _event(frame | {"choices": [], "usage": reply.usage})
    if reply.done:
        yield b"data: [DONE]\n\n"


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for piece in reply.pieces(reply.reasoning):
        yield {"reasoning_content": piece}
    for piece in reply.pieces(reply.text):
        yield {"content": piece}
    for number, (name, arguments) in enumerate(reply.calls):
        yield {"tool_calls": [{"index": number, **_call(number, name, "")}]}
        for piece in reply.pieces(arguments):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}
    if reply.refusal:
        yield {"refusal": reply.refusal}


def _model(reply: Reply, body: dict[str, Any]) -> str:
    return reply.model or body["model"]


def _call(number: int, name: str, arguments: str) -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"
