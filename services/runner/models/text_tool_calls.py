"""Tool calls in plain text, for models without native tool calls: a JSON object, or ReAct's ``Action:`` lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assay.answers.json_reader import NotJson, read_value
from assay.contracts.codec import encode
from services.runner.models.openai.tool_call_builder import decode_repeatedly
from services.runner.models.protocol import ToolCall, ToolDefinition

_OBJECT = re.compile(r"\{\s*[\"'](?:tool|name|action)[\"']\s*:")
_ACTION = re.compile(r"^[ \t*]*Action[ \t*]*:[ \t*`]*([\w.-]{1,100})[`*]*[ \t]*$", re.MULTILINE | re.IGNORECASE)
_INPUT = re.compile(r"^[ \t*]*Action[ ]Input[ \t*]*:[ \t*]*", re.MULTILINE | re.IGNORECASE)
_NAMES = ("tool", "name", "action")
_ARGUMENTS = ("arguments", "args", "action_input", "input", "parameters")
_MAX_CANDIDATES = 20


def describe_tools(tools: Sequence[ToolDefinition]) -> str:
    """The part of the prompt that lists the tools and explains how to call them."""
    listed = "\n\n".join(f"{it.name}: {it.description}\nIts arguments: {_json(it.arguments)}" for it in tools)
    example = '{"tool": "name", "arguments": {"argument": "value"}}'
    return (
        f"You have these tools:\n\n{listed}\n\n"
        "To use a tool, end your message with one JSON object in a fence, and write nothing after it:\n\n"
        f"```json\n{example}\n```\n\n"
        "Use one tool per message. The next message has its result."
    )


def render(text: str, call: ToolCall) -> str:
    """A message that makes the call, such that ``parse`` finds it."""
    body = f'```json\n{{"tool": "{call.name}", "arguments": {call.arguments}}}\n```'
    return f"{text}\n\n{body}" if text else body


def parse(text: str) -> ToolCall | None:
    """The first call in the text. What follows it, such as an invented result, is ignored. A call with unreadable
    arguments still counts."""
    found = _json_call(text) or _react_call(text)
    if found is None:
        return None
    name, arguments = found
    return ToolCall(call_id="", name=name, arguments=arguments)


def _json_call(text: str) -> tuple[str, str] | None:
    unreadable: tuple[str, str] | None = None
    for match in list(_OBJECT.finditer(text))[:_MAX_CANDIDATES]:
        try:
            value = read_value(text, match.start())
        except NotJson:
            unreadable = unreadable or ("", text[match.start() :])
            continue
        name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
        if name:
            return name, _arguments_of(value)
    return unreadable


def _arguments_of(value: dict[str, Any]) -> str:
    arguments = next((value[key] for key in _ARGUMENTS if key in value), None)
    if arguments is None:
        arguments = {key: item for key, item in value.items() if key not in _NAMES}
    return decode_repeatedly(arguments) if isinstance(arguments, str) else _json(arguments)


def _react_call(text: str) -> tuple[str, str] | None:
    action = _ACTION.search(text)
    if action is None:
        return None
    action_input = _INPUT.search(text, action.end())
    rest = text[action_input.end() :].lstrip("`\n ").removeprefix("json").lstrip() if action_input else ""
    try:
        return action[1], _json(read_value(rest))
    except NotJson:
        return action[1], rest or "{}"


def _json(value: Any) -> str:
    return encode(value).decode()
