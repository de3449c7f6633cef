"""A request to generate content. https://ai.google.dev/api/generate-content"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from google.genai import types

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.models.protocol import ChatMessage, ModelRequest, ToolCall, ToolDefinition
from services.runner.models.sent_parameters import ParameterMistake, check_extra
from services.runner.models.usage_bound import UNNAMED

MAX_STOPS = 5
_RESERVED = frozenset({"contents", "model", "systemInstruction"})
_VERSION = re.compile(r"gemini-(\d+)")
_LEVELS = {
    ReasoningEffort.NONE: types.ThinkingLevel.MINIMAL,
    ReasoningEffort.MINIMAL: types.ThinkingLevel.MINIMAL,
    ReasoningEffort.LOW: types.ThinkingLevel.LOW,
    ReasoningEffort.MEDIUM: types.ThinkingLevel.MEDIUM,
    ReasoningEffort.HIGH: types.ThinkingLevel.HIGH,
    ReasoningEffort.XHIGH: types.ThinkingLevel.XHIGH,
    ReasoningEffort.MAX: types.ThinkingLevel.XHIGH,
}
_BUDGETS = {
    ReasoningEffort.NONE: 0,
    ReasoningEffort.MINIMAL: 512,
    ReasoningEffort.LOW: 2048,
    ReasoningEffort.MEDIUM: 8192,
}
_LARGEST_BUDGET = 24_576
_LEVELS_SINCE = 3
"""The first major version that has levels of thinking instead of a budget."""


def contents(messages: Sequence[ChatMessage]) -> list[Any]:
    """Turns of user and model. Results of tools belong to the user."""
    names = {call.call_id: call.name or UNNAMED for message in messages for call in message.tool_calls}
    spoken = (message for message in messages if message.role != "system")
    turns = groupby(spoken, lambda message: "model" if message.role == "assistant" else "user")
    return [
        types.Content(role=role, parts=[part for message in group for part in _parts(message, names)])
        for role, group in turns
    ]


def config(model: str, request: ModelRequest) -> types.GenerateContentConfig:
    """Raises CallMisconfigured if ``extra`` sets a reserved field."""
    parameters = request.parameters
    check_extra(parameters, _RESERVED)
    schema = parameters.response_schema
    return types.GenerateContentConfig(
        system_instruction="\n\n".join(it.content for it in request.messages if it.role == "system") or None,
        max_output_tokens=parameters.max_tokens,
        temperature=parameters.temperature,
        top_p=parameters.top_p,
        top_k=parameters.top_k,
        seed=parameters.seed,
        stop_sequences=list(parameters.stop) or None,
        thinking_config=_thinking(model, parameters),
        response_mime_type="application/json" if schema is not None else None,
        response_json_schema=schema,
        tools=[types.Tool(function_declarations=[_declaration(tool) for tool in request.tools])]
        if request.tools
        else None,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        http_options=types.HttpOptions(extra_body=parameters.extra) if parameters.extra else None,
    )


def parameter_mistakes(parameters: Parameters) -> list[ParameterMistake]:
    if len(parameters.stop) <= MAX_STOPS:
        return []
    reason = f"Google accepts at most {MAX_STOPS} stop sequences, not {len(parameters.stop)}"
    return [ParameterMistake(reason=reason, remedy=f"keep {MAX_STOPS} of them")]


def _parts(message: ChatMessage, names: dict[str, str]) -> Iterator[types.Part]:
    if message.native is not None:
        yield from (types.Part.model_validate(part) for part in message.native)
    elif message.role == "tool":
        name = names.get(message.tool_call_id, UNNAMED)
        response = types.FunctionResponse(id=message.tool_call_id, name=name, response={"result": message.content})
        yield types.Part(function_response=response)
    else:
        yield from (types.Part.from_bytes(data=image.data, mime_type=image.media_type) for image in message.images)
        if message.content or not message.tool_calls:
            yield types.Part(text=message.content)
        yield from (types.Part(function_call=_function_call(call)) for call in message.tool_calls)


def _function_call(call: ToolCall) -> types.FunctionCall:
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        arguments = call.arguments
    is_object = isinstance(arguments, dict)
    return types.FunctionCall(
        id=call.call_id,
        name=call.name or UNNAMED,
        args=cast("dict[str, Any]", arguments) if is_object else {"invalid": arguments},
    )


def _declaration(tool: ToolDefinition) -> types.FunctionDeclaration:
    return types.FunctionDeclaration(
        name=tool.name, description=tool.description, parameters_json_schema=tool.arguments
    )


def _thinking(model: str, parameters: Parameters) -> types.ThinkingConfig | None:
    effort = parameters.reasoning_effort
    if effort is None:
        return None
    version = _VERSION.search(model)
    shown = effort is not ReasoningEffort.NONE
    if version and int(version[1]) < _LEVELS_SINCE:
        return types.ThinkingConfig(thinking_budget=_BUDGETS.get(effort, _LARGEST_BUDGET), include_thoughts=shown)
    return types.ThinkingConfig(thinking_level=_LEVELS[effort], include_thoughts=shown)
