"""Tool calls in plain text, for models whose API has none: one JSON object, or the lines of ReAct."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from assay.contracts.codec import encode
from services.runner.models.protocol import ToolCall
from services.runner.models.tools import ToolDefinition

_OBJECT = re.compile(r"\{\s*[\"'](?:tool|name|action)[\"']\s*:")
_ACTION = re.compile(r"^[ \t*]*Action[ \t*]*:[ \t*`]*([\w.-]{1,100})[`*]*[ \t]*$", re.MULTILINE | re.IGNORECASE)
_INPUT = re.compile(r"^[ \t*]*Action[ ]Input[ \t*]*:[ \t*]*", re.MULTILINE | re.IGNORECASE)
_NAMES = ("tool", "name", "action")
_ARGUMENTS = ("arguments", "args", "action_input", "input", "parameters")
_DECODER = json.JSONDecoder(strict=False)
_TRIES = 20


def explain(tools: Sequence[ToolDefinition]) -> str:
    """What such a model is told of its tools."""
    listed = "\n\n".join(f"{it.name}: {it.description}\nIts arguments: {_shown(it.arguments)}" for it in tools)
    example = '{"tool": "name", "arguments": {"argument": "value"}}'
    return (
        f"You have these tools:\n\n{listed}\n\n"
        "To use a tool, end your message with one JSON object in a fence, and write nothing after it:\n\n"
        f"```json\n{example}\n```\n\n"
        "One tool in each message. What came of it is in the message you get next."
    )


def say(text: str, call: ToolCall) -> str:
    """A message that makes the call, as ``hear`` reads it."""
    body = f'```json\n{{"tool": "{call.name}", "arguments": {call.arguments}}}\n```'
    return f"{text}\n\n{body}" if text else body


def hear(text: str) -> ToolCall | None:
    """The first call in the text; whatever a model says after it, such as a result it makes up, does not count. A call
    whose arguments nobody can read is a call all the same."""
    found = _object(text) or _react(text)
    if found is None:
        return None
    name, arguments = found
    return ToolCall(call_id="", name=name, arguments=arguments)


def _object(text: str) -> tuple[str, str] | None:
    unreadable: tuple[str, str] | None = None
    for match in list(_OBJECT.finditer(text))[:_TRIES]:
        try:
            value, _ = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            unreadable = unreadable or ("", text[match.start() :])
            continue
        name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
        if name:
            return name, _arguments_of(value)
    return unreadable


def _arguments_of(value: dict[str, Any]) -> str:
    given = next((value[key] for key in _ARGUMENTS if key in value), None)
    if given is None:
        given = {key: item for key, item in value.items() if key not in _NAMES}
    return given if isinstance(given, str) else encode(given).decode()


def _react(text: str) -> tuple[str, str] | None:
    action = _ACTION.search(text)
    if action is None:
        return None
    given = _INPUT.search(text, action.end())
    rest = text[given.end() :].lstrip("`\n ").removeprefix("json").lstrip() if given else ""
    try:
        value, _ = _DECODER.raw_decode(rest)
    except (ValueError, RecursionError):
        return action[1], rest or "{}"
    return action[1], encode(value).decode()


def _shown(schema: dict[str, Any]) -> str:
    return encode(schema).decode()
