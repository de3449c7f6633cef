"""Google's generateContent. https://ai.google.dev/api/generate-content"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fakes.providers.reply import Reply

EVENTS: str = "text/event-stream"
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The path names the model, and whether the reply is streamed."""
    model, _, method = path.rpartition("/")[2].partition(":")
    return {**body, "model": model, "stream": method == "streamGenerateContent"}


def error(reply: Reply) -> dict[str, Any]:
    status = reply.error_type or _STATUS.get(reply.status, "UNKNOWN")
    return {"error": {"code": reply.status, "message": reply.text, "status": status}}


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    thoughts = [{"text": reply.reasoning, "thought": True}] if reply.reasoning else []
    text = [{"text": reply.text}] if reply.text else []
    return _response(reply, body, [*thoughts, *text, *_calls(reply)], last=True)


def models(names: Sequence[str]) -> dict[str, Any]:
    listed = [
        {"name": f"models/{name}", "displayName": name.title(), "supportedGenerationMethods": ["generateContent"]}
        for name in names
    ]
    embeddings = {"name": "models/embedding", "supportedGenerationMethods": ["embedContent"]}
    return {"models": [*listed, embeddings]}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    for piece in reply.pieces(reply.reasoning):
        yield _event(_response(reply, body, [{"text": piece, "thought": True}]))
    for piece in reply.pieces(reply.text):
        yield _event(_response(reply, body, [{"text": piece}]))
    yield _event(_response(reply, body, _calls(reply), last=True))


def _response(reply: Reply, body: dict[str, Any], parts: list[dict[str, Any]], *, last: bool = False) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if last and reply.finish_reason:
        candidate["finishReason"] = _FINISHES.get(reply.finish_reason, reply.finish_reason)
    found: dict[str, Any] = {"candidates": [candidate], "modelVersion": reply.model or body["model"]}
    return found | ({"usageMetadata": _usage(reply)} if last and reply.usage else {})


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "functionCall": {"id": f"fc_{number}", "name": name, "args": json.loads(arguments)},
            "thoughtSignature": "c2ln",
        }
        for number, (name, arguments) in enumerate(reply.calls)
    ]


def _usage(reply: Reply) -> dict[str, int]:
    tokens = reply.tokens
    assert tokens
    usage = {
        "promptTokenCount": tokens.prompt,
        "candidatesTokenCount": tokens.completion - tokens.reasoning,
        "totalTokenCount": tokens.prompt + tokens.completion,
    }
    cached = {"cachedContentTokenCount": tokens.cached} if tokens.cached else {}
    return usage | cached | ({"thoughtsTokenCount": tokens.reasoning} if tokens.reasoning else {})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\r\n\r\n"
