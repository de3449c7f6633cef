"""The body of a request to Anthropic's Messages API.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.models.anthropic.generations import accepts_sampling, can_think, thinks_adaptively
from services.runner.models.protocol import ChatMessage, Image, ModelRequest, ToolCall, ToolDefinition
from services.runner.models.sent_parameters import NO_SEED, ParameterMistake, check_extra
from services.runner.models.usage_bound import UNNAMED

MAX_TOKENS = 4096
"""If the run sets none: the API requires it."""
SAMPLING_VERSION = "2023-06-01"
"""The last version of the API with ``temperature``, ``top_p`` and ``top_k``."""
_RESERVED = frozenset({"model", "messages", "system", "stream", "anthropic_version"})
_CACHED = {"type": "ephemeral"}
_EFFORTS = {ReasoningEffort.MINIMAL: "low", ReasoningEffort.XHIGH: "xhigh"}
_BUDGETS = {ReasoningEffort.MINIMAL: 1024, ReasoningEffort.LOW: 2048, ReasoningEffort.MEDIUM: 8192}
_LARGEST_BUDGET = 24_576
_SMALLEST_BUDGET = 1024


def request_body(model: str, request: ModelRequest, cloud_version: str | None = None) -> dict[str, Any]:
    """Omits what the model does not accept (``omitted``). ``cloud_version`` is the API's version at a cloud. Raises
    CallMisconfigured if ``extra`` sets a reserved field."""
    parameters = request.parameters
    check_extra(parameters, _RESERVED)
    max_tokens = parameters.max_tokens or MAX_TOKENS
    turns = list(_turns(request.messages))
    if cloud_version and request.tools:
        _cache(turns)
    fields: dict[str, Any] = {
        "model": model,
        "max_tokens": max_tokens,
        "system": "\n\n".join(it.content for it in request.messages if it.role == "system") or None,
        "messages": turns,
        "stop_sequences": list(parameters.stop) or None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "thinking": _thinking(model, parameters.reasoning_effort, max_tokens),
        "output_config": _output_config(model, parameters),
        "cache_control": _CACHED if request.tools and not cloud_version else None,
        "anthropic_version": cloud_version,
    }
    if accepts_sampling(model):
        fields |= {"temperature": parameters.temperature, "top_p": parameters.top_p, "top_k": parameters.top_k}
    body = {name: value for name, value in fields.items() if value is not None}
    return body | parameters.extra | ({"max_tokens": max_tokens} if parameters.max_tokens else {})


def omitted(model: str, parameters: Parameters) -> list[str]:
    """The names of parameters that are set and cannot be sent."""
    sampling = {"temperature": parameters.temperature, "top_p": parameters.top_p, "top_k": parameters.top_k}
    names = [] if accepts_sampling(model) else [name for name, value in sampling.items() if value is not None]
    names += ["seed"] if parameters.seed is not None else []
    return names + (["reasoning_effort"] if parameters.reasoning_effort and not can_think(model) else [])


def parameter_mistakes(model: str, parameters: Parameters) -> list[ParameterMistake]:
    mistakes: list[ParameterMistake] = []
    if parameters.temperature is not None and parameters.temperature > 1 and accepts_sampling(model):
        reason = f"Anthropic accepts a temperature of at most 1, not {parameters.temperature:g}"
        mistakes.append(ParameterMistake(reason=reason, remedy="set temperature to 1"))
    if parameters.seed is not None:
        mistakes.append(ParameterMistake(reason="Anthropic has no seed", remedy=NO_SEED))
    if parameters.reasoning_effort and not can_think(model):
        remedy = "remove reasoning_effort, or choose Claude 3.7 or newer"
        mistakes.append(ParameterMistake(reason=f"{model} does not reason", remedy=remedy))
    return mistakes


def needs_sampling_version(body: dict[str, Any]) -> bool:
    """Whether the version must be sent, in the header that Anthropic reads and clouds ignore."""
    return not body.keys().isdisjoint(("temperature", "top_p", "top_k"))


def _turns(messages: Sequence[ChatMessage]) -> Iterator[dict[str, Any]]:
    """Turns of user and assistant. Results of tools belong to the user."""
    spoken = (message for message in messages if message.role != "system")
    for role, group in groupby(spoken, lambda message: "assistant" if message.role == "assistant" else "user"):
        blocks = [block for message in group for block in _blocks(message)]
        yield {"role": role, "content": blocks or [_text("(empty)")]}


def _cache(turns: list[dict[str, Any]]) -> None:
    """Caches the conversation for its next turn. Clouds lack the request's own ``cache_control``."""
    if turns and turns[-1]["role"] == "user":
        *blocks, last = turns[-1]["content"]
        turns[-1]["content"] = [*blocks, last | {"cache_control": _CACHED}]


def _blocks(message: ChatMessage) -> list[dict[str, Any]]:
    """Empty text is left out: the API rejects it."""
    if message.native is not None:
        return list(message.native)
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content or "(empty)"}]
    text = [_text(message.content)] if message.content.strip() else []
    return [*map(_image, message.images), *text, *map(_tool_use, message.tool_calls)]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _image(image: Image) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": image.base64}}


def _tool_use(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.call_id, "name": call.name or UNNAMED, "input": to_object(call.arguments)}


def to_object(arguments: str) -> dict[str, Any]:
    """What the model wrote, which the API accepts only as an object."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        return {"invalid": arguments}
    return value if isinstance(value, dict) else {"invalid": value}


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.arguments}


def _thinking(model: str, effort: ReasoningEffort | None, max_tokens: int) -> dict[str, Any] | None:
    if effort is None or not can_think(model):
        return None
    if effort is ReasoningEffort.NONE:
        return {"type": "disabled"}
    if thinks_adaptively(model):
        return {"type": "adaptive", "display": "summarized"}
    budget = min(_BUDGETS.get(effort, _LARGEST_BUDGET), max_tokens - 1)
    return {"type": "enabled", "budget_tokens": budget} if budget >= _SMALLEST_BUDGET else {"type": "disabled"}


def _output_config(model: str, parameters: Parameters) -> dict[str, Any] | None:
    config: dict[str, Any] = {}
    effort = parameters.reasoning_effort
    if effort not in (None, ReasoningEffort.NONE) and thinks_adaptively(model):
        config["effort"] = _EFFORTS.get(effort, effort.value)
    if parameters.response_schema is not None:
        config["format"] = {"type": "json_schema", "schema": parameters.response_schema}
    return config or None
