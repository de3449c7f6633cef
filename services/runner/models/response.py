"""Chat completion responses in OpenAI's format, parsed leniently: servers omit fields and add their own."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from assay.contracts.models import Usage
from services.runner.errors import ProviderError


class _Body(msgspec.Struct, frozen=True):
    pass


class FunctionDelta(_Body, frozen=True):
    name: str | None = None
    arguments: Any = None


class ToolCallDelta(_Body, frozen=True):
    """A tool call, or in a stream a piece of the one with that ``index``."""

    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class MessageBody(_Body, frozen=True):
    """A message, or in a stream a piece of one."""

    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None


class Choice(_Body, frozen=True):
    message: MessageBody | None = None
    delta: MessageBody | None = None
    text: str | None = None
    finish_reason: str | None = None


class InputDetails(_Body, frozen=True):
    cached_tokens: int | None = None


class OutputDetails(_Body, frozen=True):
    reasoning_tokens: int | None = None


class UsageBody(_Body, frozen=True):
    """``prompt_cache_hit_tokens`` is some servers' name for ``cached_tokens``."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None


class ChatResponse(_Body, frozen=True):
    """A complete response, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: UsageBody | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(ChatResponse)


def parse_response(data: bytes) -> ChatResponse:
    """Raises ProviderError if it is not a response, or if it reports an error."""
    try:
        response = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        response = _parse_loosely(data)
    if response.error:
        raise ProviderError(f"the provider reported an error: {error_text(response.error)}", may_be_billed=True)
    return response


def choice_text(choice: Choice) -> str:
    part = choice.message or choice.delta
    content = part.content if part else choice.text
    if isinstance(content, list):
        return "".join(str(piece.get("text") or "") for piece in content)
    return content or ""


def choice_tool_calls(choice: Choice) -> list[ToolCallDelta]:
    part = choice.message or choice.delta
    return (part.tool_calls if part else None) or []


def choice_refusal(choice: Choice) -> str:
    part = choice.message or choice.delta
    return (part.refusal if part else None) or ""


def to_usage(body: UsageBody | None) -> Usage | None:
    """None unless input and output are reported. Some providers charge for reasoning tokens that are in the total but
    not in ``completion_tokens``, so the total counts."""
    if body is None or body.prompt_tokens is None or body.completion_tokens is None:
        return None
    output = max(body.completion_tokens, (body.total_tokens or 0) - body.prompt_tokens)
    reasoning = body.completion_tokens_details.reasoning_tokens if body.completion_tokens_details else None
    cached = body.prompt_tokens_details.cached_tokens if body.prompt_tokens_details else None
    cached = cached if cached is not None else body.prompt_cache_hit_tokens
    if min(body.prompt_tokens, output) < 0 or max(body.prompt_tokens, output) > 2**53:
        return None
    return Usage(
        input_tokens=body.prompt_tokens,
        cached_tokens=_clamp(cached, body.prompt_tokens),
        output_tokens=output,
        reasoning_tokens=_clamp(reasoning, output),
    )


def error_text(error: object) -> str:
    """The message in an error body of any shape."""
    if isinstance(error, dict):
        message = error.get("message") or error.get("error") or error
        return error_text(message) if isinstance(message, dict) and message is not error else str(message)[:500]
    return str(error)[:500]


def _clamp(count: int | None, maximum: int) -> int:
    return min(max(count or 0, 0), maximum)


def _parse_loosely(data: bytes) -> ChatResponse:
    """Accepts lone surrogates, and bytes that are not UTF-8."""
    try:
        return msgspec.convert(json.loads(data.decode("utf-8", "replace")), ChatResponse)
    except (ValueError, RecursionError) as error:
        shown = data[:200].decode("utf-8", "replace")
        raise ProviderError(f"the response is not a chat completion: {shown!r}", may_be_billed=True) from error
