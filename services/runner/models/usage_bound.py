"""The most tokens that a request can use, before it is sent: what the money of a run is held for."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.codec import encode
from assay.contracts.models import Usage
from assay.contracts.money import MESSAGE_TOKENS, worst_prompt_tokens
from services.runner.models.protocol import ChatMessage, ModelRequest, ToolCall, ToolDefinition
from services.runner.text import to_bytes

TOOLS_TOKENS = 1024
"""Upper bound on what a provider adds to the prompt for tools, besides their definitions."""
UNNAMED = "unnamed"
"""Sent instead of an empty tool name, which providers reject although their models sometimes write one."""


def usage_bound(request: ModelRequest) -> Usage:
    """A text has at most as many tokens as bytes, an image at most IMAGE_TOKENS. ``extra`` and a schema for the answer
    add at most their own length."""
    messages, parameters = request.messages, request.parameters
    prompt_bytes = sum(map(_message_bytes, messages))
    settings = (parameters.extra, parameters.response_schema)
    prompt_bytes += sum(len(encode(setting)) for setting in settings if setting)
    return Usage(
        input_tokens=worst_prompt_tokens(prompt_bytes, len(messages), request.image_count) + _tools_tokens(request),
        output_tokens=parameters.max_tokens or 0,
    )


def tools_text(tools: Sequence[ToolDefinition]) -> str:
    """The part of the prompt that tools make up, for estimating its tokens."""
    return encode(tools).decode() if tools else ""


def _tools_tokens(request: ModelRequest) -> int:
    declared = len(to_bytes(tools_text(request.tools)))
    return declared + TOOLS_TOKENS if declared or request.parameters.extra.get("tools") else 0


def _message_bytes(message: ChatMessage) -> int:
    content = len(to_bytes(message.content)) if message.native is None else len(encode(message.native))
    return content + len(to_bytes(message.tool_call_id)) + _calls_bytes(message.tool_calls)


def _calls_bytes(calls: Sequence[ToolCall]) -> int:
    return sum(len(to_bytes(call.call_id + (call.name or UNNAMED) + call.arguments)) + MESSAGE_TOKENS for call in calls)
