"""OpenAI's responses. https://platform.openai.com/docs/api-reference/responses"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from tests.fakes.providers import openai_chat
from tests.fakes.providers.openai_chat import models as models
from tests.fakes.providers.reply import Reply

EVENTS: str = "text/event-stream"
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return body


def error(reply: Reply) -> dict[str, Any]:
    return openai_chat.error(reply)


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    reason = _INCOMPLETE.get(reply.finish_reason or "")
    return _response(reply, body) | {
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": list(_items(reply)),
        "usage": _usage(reply),
    }


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    numbers = count()

    def event(kind: str, **members: Any) -> bytes:
        data = {"type": kind, "sequence_number": next(numbers), **members}
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()

    yield event("response.created", response=_response(reply, body))
    for index, item in enumerate(_items(reply)):
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "reasoning":
            for piece in reply.pieces(reply.reasoning):
                yield event("response.reasoning_summary_text.delta", **place, summary_index=0, delta=piece)
        elif item["type"] == "message":
            for piece in reply.pieces(reply.text):
                yield event("response.output_text.delta", **place, content_index=0, delta=piece, logprobs=[])
        else:
            for piece in reply.pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", **place, delta=piece)
    if reply.done:
        response = whole(reply, body)
        yield event(f"response.{response['status']}", response=response)


def _response(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": reply.model or body["model"],
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def _items(reply: Reply) -> Iterator[dict[str, Any]]:
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        yield {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "c2ln"}
    if reply.text or reply.refusal:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        content = [{"type": "refusal", "refusal": reply.refusal}] if reply.refusal else [part]
        yield {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    for number, (name, arguments) in enumerate(reply.calls):
        yield {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            "name": name,
            "arguments": arguments,
            "status": "completed",
        }


def _usage(reply: Reply) -> dict[str, Any] | None:
    if (tokens := reply.tokens) is None:
        return None
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": tokens.written},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.completion,
    }
