"""Estimates token usage that the provider does not report. Loaded on first use: the tables take 0.6 s and 100 MB."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from assay.contracts.models import Usage
from assay.contracts.money import IMAGE_TOKENS, TYPICAL_IMAGE_TOKENS
from services.runner.models.protocol import Completion, ModelRequest, ToolCall
from services.runner.models.usage_bound import tools_text

if TYPE_CHECKING:
    from bpe_openai import Encoding

ENCODING = "o200k_base"
MESSAGE_TOKENS = 4
"""Per message, besides its text, in OpenAI's formats."""
_SLICE_CHARACTERS = 100_000
"""The tokenizer rejects longer text; each cut costs at most one extra token."""
_SAFETY_FACTOR = 1.25
"""Other models' tokenizers find more tokens in the same text, but hardly ever over 25 % more."""


async def estimate_usage(request: ModelRequest, completion: Completion) -> Usage:
    """The request's usage by OpenAI's tokenizer, with TYPICAL_IMAGE_TOKENS for each image."""
    usage = await asyncio.to_thread(_estimate_text_usage, request, completion)
    return msgspec.structs.replace(usage, input_tokens=usage.input_tokens + TYPICAL_IMAGE_TOKENS * request.image_count)


async def worst_case_usage(request: ModelRequest, bound: Usage) -> Usage:
    """The most that an unfinished request can have used, within ``bound``: a generous count of the prompt, IMAGE_TOKENS
    for each image, and every output token allowed."""
    usage = await asyncio.to_thread(_estimate_text_usage, request, Completion(text=""))
    input_tokens = int(usage.input_tokens * _SAFETY_FACTOR) + 1 + IMAGE_TOKENS * request.image_count
    return Usage(input_tokens=min(input_tokens, bound.input_tokens), output_tokens=bound.output_tokens)


async def count_tokens(text: str) -> int:
    """By OpenAI's tokenizer."""
    return await asyncio.to_thread(_count, text)


def _estimate_text_usage(request: ModelRequest, completion: Completion) -> Usage:
    prompt = sum(
        _count(message.content) + _count_calls(message.tool_calls) + MESSAGE_TOKENS for message in request.messages
    )
    output = _count(completion.text) + _count(completion.reasoning) + _count_calls(completion.tool_calls)
    return Usage(input_tokens=prompt + _count(tools_text(request.tools)), output_tokens=output)


def _count_calls(calls: Sequence[ToolCall]) -> int:
    return sum(_count(call.name) + _count(call.arguments) + MESSAGE_TOKENS for call in calls)


def _count(text: str) -> int:
    encoding = _encoding()
    slices = (text[start : start + _SLICE_CHARACTERS] for start in range(0, len(text), _SLICE_CHARACTERS))
    return sum(len(encoding.encode_ordinary(piece)) for piece in slices)


@cache
def _encoding() -> Encoding:
    from bpe_openai import get_encoding

    return get_encoding(ENCODING)
