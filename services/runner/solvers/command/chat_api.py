"""The chat completions API that programs in the sandbox see, in OpenAI's format."""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec

from assay.contracts.codec import Malformed, decode, encode
from services.runner.models import ChatMessage, Completion, ToolCall, ToolDefinition
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


class ChatRequest(msgspec.Struct, frozen=True):
    """Other fields, such as the temperature and the model's name, are set by the run and ignored here."""

    messages: list[_Message]
    tools: list[_Tool] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool = False

    @property
    def output_token_limit(self) -> int | None:
        """The lower of the two fields; None if neither is a positive number."""
        limits = [limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None and limit > 0]
        return min(limits, default=None)


def parse_chat_request(body: bytes) -> ChatRequest:
    """Raises BadRequest."""
    try:
        request = decode(ChatRequest, body)
    except Malformed as error:
        raise BadRequest(400, str(error)) from error
    if not request.messages:
        raise BadRequest(400, "messages is empty")
    return request


def to_messages(request: ChatRequest) -> list[ChatMessage]:
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
        for message in request.messages
    ]


def to_tools(request: ChatRequest) -> list[ToolDefinition]:
    return [
        ToolDefinition(name=it.function.name, description=it.function.description, arguments=it.function.parameters)
        for it in request.tools or ()
    ]


def completion_body(model: str, number: int, completion: Completion) -> bytes:
    """The response without streaming."""
    message: dict[str, Any] = {"role": "assistant", "content": completion.text or None}
    if completion.tool_calls:
        message["tool_calls"] = _calls(completion)
    choice = {"index": 0, "message": message, "finish_reason": completion.finish_reason or "stop"}
    return encode(_envelope(model, number, "chat.completion") | {"choices": [choice], "usage": _usage(completion)})


def text_chunk(model: str, number: int, text: str) -> bytes:
    """A streamed piece of the text."""
    return _chunk(model, number, {"choices": [_delta({"role": "assistant", "content": text})]})


def final_chunks(model: str, number: int, completion: Completion) -> bytes:
    """The rest of a stream after its text: complete tool calls, the finish reason and the usage."""
    calls = [{"index": index, **call} for index, call in enumerate(_calls(completion))]
    finish = _delta({}) | {"finish_reason": completion.finish_reason or "stop"}
    chunks = (
        *([{"choices": [_delta({"tool_calls": calls})]}] if calls else []),
        {"choices": [finish]},
        {"choices": [], "usage": _usage(completion)},
    )
    return b"".join(_chunk(model, number, chunk) for chunk in chunks) + b"data: [DONE]\n\n"


def error_body(message: str, code: str) -> bytes:
    return encode({"error": {"message": message, "type": code, "code": code}})


def models_body(model: str) -> bytes:
    return encode({"object": "list", "data": [{"id": model, "object": "model", "owned_by": "assay"}]})


def _delta(delta: dict[str, Any]) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": None}


def _chunk(model: str, number: int, fields: dict[str, Any]) -> bytes:
    return b"data: " + encode(_envelope(model, number, "chat.completion.chunk") | fields) + b"\n\n"


def _envelope(model: str, number: int, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": int(time.time()), "model": model}


def _calls(completion: Completion) -> list[dict[str, Any]]:
    return [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in completion.tool_calls
    ]


def _usage(completion: Completion) -> dict[str, int]:
    usage = completion.usage
    prompt, output = (usage.input_tokens, usage.output_tokens) if usage else (0, 0)
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}


def _text(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        return "".join(str(piece.get("text") or "") for piece in content)
    return content or ""
