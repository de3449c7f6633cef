"""Tools as models are told of them, and their calls as replies bring them, in OpenAI's dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from assay.contracts.codec import Data, encode
from assay.contracts.models import Parameters
from services.runner.models.protocol import ToolCall
from services.runner.models.response import CallPiece

MAX_CALLS = 64
"""Of one completion; what comes after is not read."""


class ToolDefinition(Data, frozen=True, kw_only=True):
    """``arguments`` is a JSON schema of an object."""

    name: str
    description: str
    arguments: dict[str, Any]


def offer(parameters: Parameters, tools: Sequence[ToolDefinition]) -> Parameters:
    """The parameters of a request whose model may call these tools natively. They ride in ``extra``, so that they are
    part of the body, and of what the request can cost, in the one way there is."""
    told = [
        {"type": "function", "function": {"name": it.name, "description": it.description, "parameters": it.arguments}}
        for it in tools
    ]
    return msgspec.structs.replace(parameters, extra={**parameters.extra, "tools": told})


def offered(parameters: Parameters) -> bool:
    """Whether the model may call tools natively."""
    return bool(parameters.extra.get("tools"))


def offered_text(parameters: Parameters) -> str:
    """What of the tools is counted as prompt where the provider does not tell what it counted."""
    return encode(parameters.extra["tools"]).decode() if offered(parameters) else ""


class CallsHeard:
    """Calls as they grow in a stream, or come whole. ``characters`` is how much of them there is."""

    def __init__(self) -> None:
        self.characters = 0
        self._calls: dict[int, _Growing] = {}

    def take(self, pieces: Sequence[CallPiece]) -> None:
        """A piece without an index is a call of its own, unless it continues the last by naming nothing new."""
        for piece in pieces:
            index = piece.index if piece.index is not None else self._place_of(piece)
            if index not in self._calls and len(self._calls) >= MAX_CALLS:
                continue
            call = self._calls.setdefault(index, _Growing())
            call.call_id = call.call_id or piece.id or ""
            if piece.function:
                call.name += piece.function.name or ""
                text = _text(piece.function.arguments)
                call.arguments.append(text)
                self.characters += len(text)

    def calls(self) -> tuple[ToolCall, ...]:
        """In their order; those without an id, or with one that is taken, get one."""
        found: list[ToolCall] = []
        taken: set[str] = set()
        for number, (_, call) in enumerate(sorted(self._calls.items()), 1):
            call_id = call.call_id if call.call_id not in ("", *taken) else f"call_{number}"
            taken.add(call_id)
            found.append(ToolCall(call_id=call_id, name=call.name, arguments="".join(call.arguments)))
        return tuple(found)

    def _place_of(self, piece: CallPiece) -> int:
        last = max(self._calls, default=-1)
        new = bool(piece.id or (piece.function and piece.function.name))
        return last + 1 if new or last < 0 else last


class _Growing:
    def __init__(self) -> None:
        self.call_id = self.name = ""
        self.arguments: list[str] = []


def _text(arguments: Any) -> str:
    """Some servers send an object where its text is meant."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else encode(arguments).decode()
