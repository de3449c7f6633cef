"""Replies in OpenAI's dialect, read leniently: servers differ in what they leave out, and add what they like."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from assay.contracts.models import Usage
from services.runner.errors import ProviderBroken


class _Reply(msgspec.Struct, frozen=True):
    pass


class FunctionPiece(_Reply, frozen=True):
    name: str | None = None
    arguments: Any = None


class CallPiece(_Reply, frozen=True):
    """A tool call or, in a stream, a piece of the one with that ``index``."""

    index: int | None = None
    id: str | None = None
    function: FunctionPiece | None = None


class Text(_Reply, frozen=True):
    """A message or, in a stream, a piece of one."""

    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    tool_calls: list[CallPiece] | None = None


class Choice(_Reply, frozen=True):
    message: Text | None = None
    delta: Text | None = None
    text: str | None = None
    finish_reason: str | None = None


class InputDetails(_Reply, frozen=True):
    cached_tokens: int | None = None


class OutputDetails(_Reply, frozen=True):
    reasoning_tokens: int | None = None


class Tokens(_Reply, frozen=True):
    """``prompt_cache_hit_tokens`` is how some servers say ``cached_tokens``."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None


class Reply(_Reply, frozen=True):
    """A whole reply, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: Tokens | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(Reply)


def read_reply(data: bytes) -> Reply:
    """Raises ProviderBroken for what is not a reply, and for a reply that is an error."""
    try:
        reply = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        reply = _read_loosely(data)
    if reply.error:
        raise ProviderBroken(f"the provider broke off with an error: {error_text(reply.error)}", perhaps_billed=True)
    return reply


def text_of(choice: Choice) -> str:
    part = choice.message or choice.delta
    content = part.content if part else choice.text
    if isinstance(content, list):
        return "".join(str(piece.get("text") or "") for piece in content)
    return content or ""


def calls_of(choice: Choice) -> list[CallPiece]:
    part = choice.message or choice.delta
    return (part.tool_calls if part else None) or []


def refusal_of(choice: Choice) -> str:
    part = choice.message or choice.delta
    return (part.refusal if part else None) or ""


def usage_of(tokens: Tokens | None) -> Usage | None:
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


def _read_loosely(data: bytes) -> Reply:
    """JSON with lone surrogates or bytes that are not UTF-8 still has an answer in it."""
    try:
        return msgspec.convert(json.loads(data.decode("utf-8", "replace")), Reply)
    except (ValueError, RecursionError) as error:
        shown = data[:200].decode("utf-8", "replace")
        raise ProviderBroken(f"the reply is not OpenAI's JSON: {shown!r}", perhaps_billed=True) from error
