"""Replies in OpenAI's dialect, read leniently: servers differ in what they leave out, and add what they like."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from assay.contracts.models import Usage
from services.runner.errors import ProviderError


class _Reply(msgspec.Struct, frozen=True):
    pass


class FunctionDelta(_Reply, frozen=True):
    name: str | None = None
    arguments: Any = None


class ToolCallDelta(_Reply, frozen=True):
    """A tool call or, in a stream, a piece of the one with that ``index``."""

    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class MessageBody(_Reply, frozen=True):
    """A message or, in a stream, a piece of one."""

    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None


class Choice(_Reply, frozen=True):
    message: MessageBody | None = None
    delta: MessageBody | None = None
    text: str | None = None
    finish_reason: str | None = None


class InputDetails(_Reply, frozen=True):
    cached_tokens: int | None = None


class OutputDetails(_Reply, frozen=True):
    reasoning_tokens: int | None = None


class UsageBody(_Reply, frozen=True):
    """``prompt_cache_hit_tokens`` is how some servers say ``cached_tokens``."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None


class ChatResponse(_Reply, frozen=True):
    """A whole reply, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: UsageBody | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(ChatResponse)


def parse_response(data: bytes) -> ChatResponse:
    """Raises ProviderBroken for what is not a reply, and for a reply that is an error."""
    try:
        reply = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        reply = _read_loosely(data)
    if reply.error:
        raise ProviderError(f"the provider broke off with an error: {error_text(reply.error)}", may_be_billed=True)
    return reply


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


def to_usage(tokens: UsageBody | None) -> Usage | None:
    """None unless input and output are told. Some providers leave reasoning out of ``completion_tokens`` while their
    total has it, and charge for it: the total counts."""
    if tokens is None or tokens.prompt_tokens is None or tokens.completion_tokens is None:
        return None
    total = tokens.total_tokens or 0
    output = max(tokens.completion_tokens, total - tokens.prompt_tokens)
    told = tokens.completion_tokens_details.reasoning_tokens if tokens.completion_tokens_details else None
    cached = tokens.prompt_tokens_details.cached_tokens if tokens.prompt_tokens_details else None
    cached = cached if cached is not None else tokens.prompt_cache_hit_tokens
    if min(tokens.prompt_tokens, output) < 0 or max(tokens.prompt_tokens, output) > 2**53:
        return None
    return Usage(
        input_tokens=tokens.prompt_tokens,
        cached_tokens=_within(cached, tokens.prompt_tokens),
        output_tokens=output,
        reasoning_tokens=_within(told, output),
    )


def error_text(error: object) -> str:
    """The message of an error body, whatever its shape."""
    if isinstance(error, dict):
        message = error.get("message") or error.get("error") or error
        return error_text(message) if isinstance(message, dict) and message is not error else str(message)[:500]
    return str(error)[:500]


def _within(count: int | None, most: int) -> int:
    return min(max(count or 0, 0), most)


def _read_loosely(data: bytes) -> ChatResponse:
    """JSON with lone surrogates or bytes that are not UTF-8 still has an answer in it."""
    try:
        return msgspec.convert(json.loads(data.decode("utf-8", "replace")), ChatResponse)
    except (ValueError, RecursionError) as error:
        shown = data[:200].decode("utf-8", "replace")
        raise ProviderError(f"the reply is not OpenAI's JSON: {shown!r}", may_be_billed=True) from error
