"""Anthropic's messages. https://platform.claude.com/docs/en/build-with-claude/streaming"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from tests.fakes.providers.reply import Reply

EVENTS: str = "text/event-stream"
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """At Vertex AI, the path names the model."""
    model, colon, _ = path.rpartition("/")[2].partition(":")
    return {**body, "model": unquote(model)} if colon else body


def error(reply: Reply) -> dict[str, Any]:
    kind = reply.error_type or _TYPES.get(reply.status, "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": reply.text}, "request_id": "req_1"}


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    blocks = _blocks(reply)
    return _message(reply, body) | {"content": blocks, "stop_reason": _stop(reply), "usage": _usage(reply)}


def models(names: Sequence[str]) -> dict[str, Any]:
    data = [
        {
            "type": "model",
            "id": name,
            "display_name": name.title(),
            "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active",
        }
        for name in names
    ]
    return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    usage = _usage(reply)
    start = usage and {**usage, "output_tokens": 1}
    yield _event("message_start", message=_message(reply, body) | {"usage": start})
    yield b'event: ping\ndata: {"type": "ping"}\n\n'
    for index, block in enumerate(_blocks(reply)):
        yield from _block_events(reply, index, block)
    if reply.finish_reason:
        delta = {"stop_reason": _stop(reply), "stop_sequence": None}
        yield _event("message_delta", delta=delta, usage=usage)
    if reply.done:
        yield _event("message_stop")


def _block_events(reply: Reply, index: int, block: dict[str, Any]) -> Iterator[bytes]:
    empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}
    yield _event("content_block_start", index=index, content_block=block | empty[block["type"]])
    for delta in _deltas(reply, block):
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _deltas(reply: Reply, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        for piece in reply.pieces(block["text"]):
            yield {"type": "text_delta", "text": piece}
    elif block["type"] == "thinking":
        for piece in reply.pieces(block["thinking"]):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    else:
        written = next(arguments for number, (_, arguments) in enumerate(reply.calls) if block["id"] == _id(number))
        for piece in reply.pieces(written):
            yield {"type": "input_json_delta", "partial_json": piece}


def _message(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": reply.model or body["model"]}
    return head | {"content": [], "stop_reason": None, "stop_sequence": None}


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    thinking = [{"type": "thinking", "thinking": reply.reasoning, "signature": "c2ln"}] if reply.reasoning else []
    text = [{"type": "text", "text": reply.text, "citations": None}] if reply.text else []
    calls = [_tool_use(number, *call) for number, call in enumerate(reply.calls)]
    return thinking + text + calls


def _tool_use(number: int, name: str, arguments: str) -> dict[str, Any]:
    try:
        value = json.loads(arguments)
    except ValueError:
        value = {}
    return {"type": "tool_use", "id": _id(number), "name": name, "input": value}


def _id(number: int) -> str:
    return f"toolu_{number}"


def _stop(reply: Reply) -> str | None:
    return _STOPS.get(reply.finish_reason, reply.finish_reason) if reply.finish_reason else None


def _usage(reply: Reply) -> dict[str, Any] | None:
    if (tokens := reply.tokens) is None:
        return None
    usage: dict[str, Any] = {
        "input_tokens": tokens.prompt - tokens.cached - tokens.written,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation_input_tokens": tokens.written,
        "output_tokens": tokens.completion,
    }
    return usage | ({"output_tokens_details": {"thinking_tokens": tokens.reasoning}} if tokens.reasoning else {})


def _event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()
