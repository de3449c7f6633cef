"""The body of a chat completion request in OpenAI's format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from assay.contracts.models import Parameters
from services.runner.models.protocol import ChatMessage, ModelRequest, ToolCall, ToolDefinition
from services.runner.models.sent_parameters import ParameterMistake, check_extra
from services.runner.models.usage_bound import UNNAMED, usage_bound

SCHEMA_NAME = "answer"
MAX_STOPS = 4
_OWN_HOSTS = (".openai.com", ".azure.com")
_RESERVED = frozenset({"model", "models", "messages", "n", "best_of"})
_LIMITS = ("max_tokens", "max_completion_tokens")
_REASONING = re.compile(r"(^|/)(o[1-9]\d*|gpt-([5-9]|\d\d))(?![a-z0-9])(?!.*chat)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """What its reply is checked against. ``address`` names the model and its endpoint in messages."""

    address: str
    request: ModelRequest

    @property
    def max_tokens(self) -> int | None:
        return self.request.parameters.max_tokens

    def prompt_tokens(self) -> int:
        """The most that the prompt can have. Takes time."""
        return usage_bound(self.request).input_tokens


def is_reasoning_model(model: str) -> bool:
    """Whether the model rejects sampling parameters and counts its reasoning as output
    (o1, o3-mini, gpt-5, openai/gpt-5-nano; not gpt-4o, not gpt-5-chat-latest)."""
    return _REASONING.search(model) is not None


def request_body(model: str, request: ModelRequest) -> dict[str, Any]:
    """Omits what is None and what a reasoning model rejects. ``extra`` overrides everything except what bounds the
    request (``usage_bound``). Raises CallMisconfigured if it sets a reserved field."""
    parameters = request.parameters
    reasoning = is_reasoning_model(model)
    fields: dict[str, Any] = {
        "model": model,
        "messages": [_message(message) for message in request.messages],
        "max_completion_tokens" if reasoning else "max_tokens": parameters.max_tokens,
        "top_k": parameters.top_k,
        "seed": parameters.seed,
        "reasoning_effort": parameters.reasoning_effort,
        "response_format": response_format(parameters),
        "stop": list(parameters.stop) or None,
        "tools": [_tool(tool) for tool in request.tools] or None,
    }
    if not reasoning:
        fields |= {"temperature": parameters.temperature, "top_p": parameters.top_p}
    if parameters.stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    body = {name: value for name, value in fields.items() if value is not None}
    return _with_extra(body, parameters) if parameters.extra else body


def omitted(model: str, parameters: Parameters) -> list[str]:
    """The names of parameters that are set and that the model does not accept."""
    sampling = {"temperature": parameters.temperature, "top_p": parameters.top_p}
    return [name for name, value in sampling.items() if value is not None] if is_reasoning_model(model) else []


def parameter_mistakes(host: str, parameters: Parameters) -> list[ParameterMistake]:
    """Compatible servers take more than OpenAI and Azure do."""
    if not host.endswith(_OWN_HOSTS):
        return []
    mistakes: list[ParameterMistake] = []
    if parameters.top_k is not None:
        mistakes.append(ParameterMistake(reason="OpenAI has no top_k", remedy="use top_p instead"))
    if len(parameters.stop) > MAX_STOPS:
        reason = f"OpenAI accepts at most {MAX_STOPS} stop sequences, not {len(parameters.stop)}"
        mistakes.append(ParameterMistake(reason=reason, remedy=f"keep {MAX_STOPS} of them"))
    return mistakes


def response_format(parameters: Parameters) -> dict[str, Any] | None:
    if parameters.response_schema is None:
        return None
    schema = {"name": SCHEMA_NAME, "schema": parameters.response_schema, "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def _message(message: ChatMessage) -> dict[str, Any]:
    """The content of a message that only calls tools is null: some servers reject an empty string."""
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        images = [{"type": "image_url", "image_url": {"url": image.data_url}} for image in message.images]
        body["content"] = [*images, {"type": "text", "text": message.content}]
    if message.tool_calls:
        body["content"] = message.content or None
        body["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
    return body | ({"tool_call_id": message.tool_call_id} if message.role == "tool" else {})


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name or UNNAMED, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.arguments}
    return {"type": "function", "function": function}


def _with_extra(body: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    """``extra`` may name the token limit differently, and may lower it."""
    extra, max_tokens = parameters.extra, parameters.max_tokens
    check_extra(parameters, _RESERVED)
    extended = body | extra
    if max_tokens is None:
        return extended
    limits = {name: _lower(extended[name], max_tokens) for name in _LIMITS if name in extended}
    return extended | (limits if any(limits.values()) else {name: max_tokens for name in limits if name in body})


def _lower(limit: object, max_tokens: int) -> int | None:
    return min(limit, max_tokens) if type(limit) is int and limit > 0 else None
