"""Requests to Ollama's chat API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import ollama

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.models.protocol import ChatMessage, Completion, ModelRequest, ToolCall, ToolDefinition
from services.runner.models.sent_parameters import check_extra
from services.runner.models.usage_bound import UNNAMED

_RESERVED = frozenset({"model", "messages", "stream", "tools", "options"})
_TOP_LEVEL = frozenset({"keep_alive", "think", "format", "logprobs", "top_logprobs"})
"""Members of ``extra`` that belong to the request; all others are options of the model, such as ``num_ctx``."""
_OPTIONS = frozenset({*ollama.Options.model_fields, "min_p"})
"""Ollama ignores all others without an error."""


def request_body(model: str, request: ModelRequest) -> dict[str, Any]:
    """The arguments of the library's ``chat``. Raises CallMisconfigured if ``extra`` sets a reserved field."""
    parameters = request.parameters
    check_extra(parameters, _RESERVED)
    top_level = {name: value for name, value in parameters.extra.items() if name in _TOP_LEVEL}
    return {
        "model": model,
        "messages": list(_messages(request.messages)),
        "tools": [_tool(tool) for tool in request.tools],
        "options": _options(parameters),
        "think": _think(parameters.reasoning_effort),
        "format": parameters.response_schema,
    } | top_level


def _options(parameters: Parameters) -> dict[str, Any]:
    options = {
        "num_predict": parameters.max_tokens,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "top_k": parameters.top_k,
        "seed": parameters.seed,
        "stop": list(parameters.stop) or None,
        **{name: value for name, value in parameters.extra.items() if name not in _TOP_LEVEL},
    }
    return {name: value for name, value in options.items() if value is not None}


def with_unknown_options(completion: Completion, parameters: Parameters) -> Completion:
    """With a note about options that had no effect; unchanged if there are none."""
    unknown = sorted(parameters.extra.keys() - _OPTIONS - _TOP_LEVEL)
    if not unknown:
        return completion
    note = f"parameters.extra sets {', '.join(unknown)}, which Ollama does not have as an option and probably ignored"
    return msgspec.structs.replace(completion, notes=(*completion.notes, note))


def _think(effort: ReasoningEffort | None) -> bool | str | None:
    """Most models only know whether to think."""
    if effort is None:
        return None
    levels = {ReasoningEffort.NONE: False, ReasoningEffort.LOW: "low", ReasoningEffort.MEDIUM: "medium"}
    return levels.get(effort, "low" if effort is ReasoningEffort.MINIMAL else "high")


def _messages(messages: Sequence[ChatMessage]) -> Iterator[dict[str, Any]]:
    names = {call.call_id: call.name or UNNAMED for message in messages for call in message.tool_calls}
    for message in messages:
        body: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.images:
            body["images"] = [image.data for image in message.images]
        if message.role == "tool":
            body["tool_name"] = names.get(message.tool_call_id, UNNAMED)
        if message.tool_calls:
            body["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
        yield body


def _tool_call(call: ToolCall) -> dict[str, Any]:
    arguments = json_or_text(call.arguments or "{}")
    object_ = arguments if isinstance(arguments, dict) else {"invalid": arguments}
    return {"function": {"name": call.name or UNNAMED, "arguments": object_}}


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.arguments}
    return {"type": "function", "function": function}


def json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
