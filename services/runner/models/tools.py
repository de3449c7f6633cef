"""Tool definitions in requests, in OpenAI's format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from assay.contracts.codec import Data, encode
from assay.contracts.models import Parameters


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
