"""Requests of programs in OpenAI's dialect, and our answers to them."""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec

from assay.contracts.codec import Malformed, decode, encode
from services.runner.models import ChatMessage, Completion, ToolCall
from services.runner.models.tools import ToolDefinition
from services.runner.solvers.command.http import BadRequest


class _Function(msgspec.Struct, frozen=True):
    name: str
    arguments: str = ""
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class _Call(msgspec.Struct, frozen=True):
    id: str
    function: _Function


class _Tool(msgspec.Struct, frozen=True):
    function: _Function


class _Message(msgspec.Struct, frozen=True):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What else a program sends, such as a temperature or the name of a model, is the run's to say and not heard."""

    messages: list[_Message]
    tools: list[_Tool] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool = False

    @property
    def most_tokens(self) -> int | None:
        """The lower of the two names' values; None where neither says a number that can be meant."""
        said = [count for count in (self.max_tokens, self.max_completion_tokens) if count is not None and count > 0]
        return min(said, default=None)


def read_asked(body: bytes) -> Asked:
    """Raises BadRequest."""
    try:
        asked = decode(Asked, body)
    except Malformed as error:
        raise BadRequest(400, str(error)) from error
    if not asked.messages:
        raise BadRequest(400, "messages is empty")
    return asked


def messages_of(asked: Asked) -> list[ChatMessage]:
    return [
        ChatMessage(
            role="system" if message.role == "developer" else message.role,
            content=_text(message.content),
            tool_calls=tuple(
                ToolCall(call_id=call.id, name=call.function.name, arguments=call.function.arguments)
                for call in message.tool_calls or ()
            ),
            tool_call_id=message.tool_call_id,
        )
        for message in asked.messages
    ]


def tools_of(asked: Asked) -> list[ToolDefinition]:
    return [
        ToolDefinition(name=it.function.name, description=it.function.description, arguments=it.function.parameters)
        for it in asked.tools or ()
    ]


def whole(model: str, number: int, completion: Completion) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": completion.text or None}
    if completion.tool_calls:
        message["tool_calls"] = _calls(completion)
    choice = {"index": 0, "message": message, "finish_reason": completion.finish_reason or "stop"}
    return encode(_frame(model, number, "chat.completion") | {"choices": [choice], "usage": _usage(completion)})


def text_event(model: str, number: int, text: str) -> bytes:
    """A piece of the text, in a stream."""
    return _event(model, number, {"choices": [_delta({"role": "assistant", "content": text})]})


def last_events(model: str, number: int, completion: Completion) -> bytes:
    """All but the text: calls come whole, and what was used when it is known."""
    calls = [{"index": index, **call} for index, call in enumerate(_calls(completion))]
    finish = _delta({}) | {"finish_reason": completion.finish_reason or "stop"}
    events = (
        *([{"choices": [_delta({"tool_calls": calls})]}] if calls else []),
        {"choices": [finish]},
        {"choices": [], "usage": _usage(completion)},
    )
    return b"".join(_event(model, number, event) for event in events) + b"data: [DONE]\n\n"


def error(message: str, code: str) -> bytes:
    return encode({"error": {"message": message, "type": code, "code": code}})


def models(model: str) -> bytes:
    return encode({"object": "list", "data": [{"id": model, "object": "model", "owned_by": "assay"}]})


def _delta(delta: dict[str, Any]) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": None}


def _event(model: str, number: int, event: dict[str, Any]) -> bytes:
    return b"data: " + encode(_frame(model, number, "chat.completion.chunk") | event) + b"\n\n"


def _frame(model: str, number: int, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": int(time.time()), "model": model}


def _calls(completion: Completion) -> list[dict[str, Any]]:
    return [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in completion.tool_calls
    ]


def _usage(completion: Completion) -> dict[str, int]:
    used = completion.usage
    told, written = (used.input_tokens, used.output_tokens) if used else (0, 0)
    return {"prompt_tokens": told, "completion_tokens": written, "total_tokens": told + written}


def _text(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        return "".join(str(piece.get("text") or "") for piece in content)
    return content or ""
