"""Tool definitions in requests, and tool calls in responses, in OpenAI's format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from assay.contracts.codec import Data, encode
from assay.contracts.models import Parameters
from services.runner.models.protocol import ToolCall
from services.runner.models.response import ToolCallDelta

MAX_CALLS = 64
"""Per completion; further calls are ignored."""


class ToolDefinition(Data, frozen=True, kw_only=True):
    """``arguments`` is the JSON schema of an object."""

    name: str
    description: str
    arguments: dict[str, Any]


def with_tools(parameters: Parameters, tools: Sequence[ToolDefinition]) -> Parameters:
    """Parameters that let the model call these tools natively. They go into ``extra``, which is already part of the
    request body and of its cost bound."""
    definitions = [
        {"type": "function", "function": {"name": it.name, "description": it.description, "parameters": it.arguments}}
        for it in tools
    ]
    return msgspec.structs.replace(parameters, extra={**parameters.extra, "tools": definitions})


def offers_tools(parameters: Parameters) -> bool:
    return bool(parameters.extra.get("tools"))


def tools_text(parameters: Parameters) -> str:
    """The part of the prompt that the tools make up, for estimating its tokens."""
    return encode(parameters.extra["tools"]).decode() if offers_tools(parameters) else ""


class ToolCallBuilder:
    """Assembles tool calls from a stream or a complete response. ``characters`` is the length of their arguments."""

    def __init__(self) -> None:
        self.characters = 0
        self._calls: dict[int, _PartialCall] = {}

    def add(self, deltas: Sequence[ToolCallDelta]) -> None:
        """A delta without an index starts a new call if it has an id or a name, otherwise it continues the last."""
        for delta in deltas:
            index = delta.index if delta.index is not None else self._index_of(delta)
            if index not in self._calls and len(self._calls) >= MAX_CALLS:
                continue
            call = self._calls.setdefault(index, _PartialCall())
            call.call_id = call.call_id or delta.id or ""
            if delta.function:
                call.name += delta.function.name or ""
                text = _text(delta.function.arguments)
                call.arguments.append(text)
                self.characters += len(text)

    def calls(self) -> tuple[ToolCall, ...]:
        """In order. Missing and duplicate ids are replaced."""
        found: list[ToolCall] = []
        taken: set[str] = set()
        for number, (_, call) in enumerate(sorted(self._calls.items()), 1):
            call_id = call.call_id if call.call_id not in ("", *taken) else f"call_{number}"
            taken.add(call_id)
            found.append(ToolCall(call_id=call_id, name=call.name, arguments="".join(call.arguments)))
        return tuple(found)

    def _index_of(self, delta: ToolCallDelta) -> int:
        last = max(self._calls, default=-1)
        new = bool(delta.id or (delta.function and delta.function.name))
        return last + 1 if new or last < 0 else last


class _PartialCall:
    def __init__(self) -> None:
        self.call_id = self.name = ""
        self.arguments: list[str] = []


def _text(arguments: Any) -> str:
    """Some servers send an object instead of its JSON text."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else encode(arguments).decode()
