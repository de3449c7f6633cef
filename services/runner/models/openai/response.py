"""Chat completion responses in OpenAI's format. Servers omit members, add their own, and get types wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from assay.answers.json_reader import find_objects
from services.runner.models.openai.lenient_members import Notes, read_members


class _Body(msgspec.Struct, frozen=True, gc=False):
    pass


class FunctionDelta(_Body, frozen=True):
    name: str | None = None
    arguments: Any = None


class ToolCallDelta(_Body, frozen=True):
    """A tool call, or in a stream a piece of one. Some servers omit ``function`` and put its members here."""

    index: int | None = None
    id: str | int | None = None
    function: FunctionDelta | None = None
    name: str | None = None
    arguments: Any = None


class MessageBody(_Body, frozen=True):
    """A message, or in a stream a piece of one. ``content`` is text or a list of parts; the members from
    ``reasoning_content`` on are different servers' names for the reasoning."""

    content: Any = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionDelta | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    thinking: Any = None
    reasoning_details: Any = None
    thinking_blocks: Any = None


class InputDetails(_Body, frozen=True):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(_Body, frozen=True):
    reasoning_tokens: int | None = None


class UsageBody(_Body, frozen=True):
    """``input_tokens`` and ``output_tokens`` are some servers' names for ``prompt_tokens`` and ``completion_tokens``,
    ``prompt_cache_hit_tokens`` for ``cached_tokens``."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class Choice(_Body, frozen=True):
    """``usage`` is here in some servers' streams."""

    index: int | None = None
    message: MessageBody | None = None
    delta: MessageBody | None = None
    text: str | None = None
    finish_reason: Any = None
    error: Any = None
    usage: UsageBody | None = None


class ChatResponse(_Body, frozen=True):
    """A complete response, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: UsageBody | None = None
    model: str | None = None
    error: Any = None
    object: Any = None


NO_CALLS: Sequence[ToolCallDelta] = ()
_EMPTY_MESSAGE = MessageBody()
_EMPTY_CHOICE = Choice()
_TEXT_PARTS = ("text", "output_text", "input_text", None)
_REASONING_PARTS = ("thinking", "reasoning", "reasoning_text", "summary_text", "redacted_thinking")
_TEXT_MEMBERS = ("text", "thinking", "reasoning", "summary", "content", "value")
_MAX_DEPTH = 6
_decoder = msgspec.json.Decoder(ChatResponse)


def decode_response(data: bytes) -> ChatResponse:
    """Raises DecodeError for anything unusual, which ``read_objects`` and ``to_response`` may still be able to read."""
    try:
        return _decoder.decode(data)
    except (UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise msgspec.DecodeError(str(error)) from error


def read_objects(data: bytes) -> tuple[list[dict[str, Any]], str]:
    """The JSON objects that follow one another, or are in a list; and the rest from the first other text on. Accepts
    bytes that are not UTF-8, lone surrogates, and what the reader of answers accepts."""
    text = data.decode("utf-8", "replace")
    objects: list[dict[str, Any]] = []
    end = 0
    for found in find_objects(text):
        if text[end : found.start].strip(" \t\r\n,[]\ufeff"):
            break
        objects.append(found.value)
        end = found.end
    return objects, text[end:].strip(" \t\r\n,[]\ufeff")


def to_response(body: dict[str, Any], notes: Notes) -> ChatResponse:
    """Ignores members of a wrong type."""
    return read_members(ChatResponse, body, notes)


def first_choice(choices: Sequence[Choice]) -> Choice | None:
    """The first one with anything in it."""
    if choices[0].delta or choices[0].message:
        return choices[0]
    return next((choice for choice in choices if choice != _EMPTY_CHOICE), None)


def says_something(message: MessageBody) -> bool:
    return message != _EMPTY_MESSAGE and bool(
        message.content or message.refusal or message_calls(message) or message_reasoning(message)
    )


def message_parts(content: Any, notes: Notes) -> tuple[str, str, str]:
    """The text, the reasoning and the refusal in a content that is not plain text."""
    text, reasoning, refusal = "", "", ""
    for part in cast("list[Any]", content) if isinstance(content, list) else [content]:
        kind = cast("dict[str, Any]", part).get("type") if isinstance(part, dict) else None
        if isinstance(part, str):
            text += part
        elif not isinstance(part, dict):
            notes.add("ignored a part of the content: it is neither text nor an object")
        elif kind in _REASONING_PARTS:
            reasoning += flatten_text(cast("object", part))
        elif kind == "refusal":
            refusal += flatten_text(cast("dict[str, Any]", part).get("refusal"))
        elif kind in _TEXT_PARTS:
            text += flatten_text(cast("dict[str, Any]", part).get("text"))
        else:
            notes.add("ignored a part of the content: it is not text")
    return text, reasoning, refusal


def message_reasoning(message: MessageBody) -> str:
    """Servers that send several of these members repeat the same text in them."""
    return (
        flatten_text(message.reasoning_content)
        or flatten_text(message.reasoning)
        or flatten_text(message.thinking)
        or flatten_text(message.reasoning_details)
        or flatten_text(message.thinking_blocks)
    )


def message_calls(message: MessageBody) -> Sequence[ToolCallDelta]:
    """``function_call`` is the older form of a single call."""
    if message.tool_calls:
        return message.tool_calls
    return (ToolCallDelta(function=message.function_call),) if message.function_call else NO_CALLS


def flatten_text(value: object, depth: int = _MAX_DEPTH) -> str:
    """The text in nested parts."""
    if not value:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth:
        return "".join(flatten_text(item, depth - 1) for item in cast("list[object]", value))
    if isinstance(value, dict) and depth:
        members = (cast("dict[str, object]", value).get(name) for name in _TEXT_MEMBERS)
        return next((text for member in members if (text := flatten_text(member, depth - 1))), "")
    return ""
