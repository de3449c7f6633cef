"""Ollama's chat. https://docs.ollama.com/api/chat"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fakes.providers.reply import Reply

EVENTS: str = "application/x-ndjson"


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Replies are streamed unless the request says otherwise."""
    return {"stream": True, **body}


def error(reply: Reply) -> dict[str, Any]:
    return {"error": reply.text}


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    message = {"content": reply.text, "thinking": reply.reasoning, "tool_calls": _calls(reply)}
    return _part(reply, body, {name: value for name, value in message.items() if value}) | _end(reply)


def models(names: Sequence[str]) -> dict[str, Any]:
    details = {"format": "gguf", "family": "fake", "parameter_size": "8.2B", "quantization_level": "Q4_K_M"}
    head = {"modified_at": "2026-11-01T00:00:00Z", "size": 5_200_000_000, "digest": "d" * 64, "details": details}
    return {"models": [{"name": name, "model": name, **head} for name in names]}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    parts = [{"thinking": piece, "content": ""} for piece in reply.pieces(reply.reasoning)]
    parts += [{"content": piece} for piece in reply.pieces(reply.text)]
    if reply.calls:
        yield _line(_part(reply, body, {"content": "", "tool_calls": _calls(reply)}))
    for part in parts:
        yield _line(_part(reply, body, part))
    if reply.finish_reason:
        yield _line(_part(reply, body, {"content": ""}) | _end(reply))


def _part(reply: Reply, body: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    head = {"model": reply.model or body["model"], "created_at": "2026-11-01T00:00:00Z", "done": False}
    return head | {"message": {"role": "assistant", "content": "", **message}}


def _end(reply: Reply) -> dict[str, Any]:
    end: dict[str, Any] = {"done": True, "done_reason": reply.finish_reason, "total_duration": 5_000_000}
    if tokens := reply.tokens:
        end |= {"prompt_eval_count": tokens.prompt, "eval_count": tokens.completion}
    return end


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [{"function": {"name": name, "arguments": json.loads(arguments)}} for name, arguments in reply.calls]


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode() + b"\n"
