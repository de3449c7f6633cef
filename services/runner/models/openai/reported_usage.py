"""Decides whether a provider's token counts can be believed. If not, the usage is estimated from the text.

A count may exceed what was asked for: providers add instructions and search results to the prompt, and some do not
count reasoning towards ``max_tokens``. It may not exceed it by more than that can explain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.contracts.models import Usage
from services.runner.models.openai.response import UsageBody

UNASKED_TOKENS = 32_768
"""Tokens of a provider's own that are believed, in the prompt and in the completion."""
MAX_COMPLETION_TOKENS = 1_000_000
"""Of requests without ``max_tokens``."""


class UnbelievableUsage(Exception):
    """The text says why."""


@dataclass(frozen=True, slots=True)
class UsageLimits:
    """``prompt_tokens`` is the most that the prompt can have. Both functions take time, so they are called only if the
    counts are high. ``answer_bytes`` is the size of the answer: it has at most as many tokens."""

    max_tokens: int | None
    prompt_tokens: Callable[[], int]
    answer_bytes: Callable[[], int]
    has_answer: bool


def believed_usage(body: UsageBody, limits: UsageLimits) -> Usage:
    """Raises UnbelievableUsage.

    Some providers charge for reasoning tokens that are in the total but not in ``completion_tokens``, so the total
    counts: within ``max_tokens``, or as far as it is itemized as reasoning."""
    prompt = body.prompt_tokens if body.prompt_tokens is not None else body.input_tokens
    completion = body.completion_tokens if body.completion_tokens is not None else body.output_tokens
    if prompt is None or completion is None:
        raise UnbelievableUsage("prompt_tokens or completion_tokens is missing")
    unlisted = max(0, (body.total_tokens or 0) - prompt - completion)
    output, reasoning = completion + unlisted, _reasoning_tokens(body)
    _check_lowest(prompt, completion, output, limits)
    if prompt > UNASKED_TOKENS and prompt > limits.prompt_tokens() + UNASKED_TOKENS:
        raise UnbelievableUsage(f"prompt_tokens is {prompt} for a prompt of at most {limits.prompt_tokens()} tokens")
    allowed = limits.max_tokens or MAX_COMPLETION_TOKENS
    if output > allowed:
        allowed = max(allowed, limits.answer_bytes())
        if unlisted > reasoning and output > allowed:
            raise UnbelievableUsage(
                f"total_tokens is {body.total_tokens} beside {prompt} of the prompt and {completion} of the completion"
            )
        if output > allowed + UNASKED_TOKENS:
            raise UnbelievableUsage(f"completion_tokens is {output}, but at most {allowed} were allowed")
    cached = _clamp(_cached_tokens(body), prompt)
    return Usage(
        input_tokens=prompt,
        cached_tokens=cached,
        cache_write_tokens=_clamp(_cache_write_tokens(body), prompt - cached),
        output_tokens=output,
        reasoning_tokens=_clamp(reasoning, output),
    )


def _check_lowest(prompt: int, completion: int, output: int, limits: UsageLimits) -> None:
    if prompt <= 0 or completion < 0:
        name, count = ("prompt_tokens", prompt) if prompt <= 0 else ("completion_tokens", completion)
        raise UnbelievableUsage(f"{name} is {count}")
    if output == 0 and limits.has_answer:
        raise UnbelievableUsage("completion_tokens is 0 beside an answer")


def _cached_tokens(body: UsageBody) -> int:
    details = body.prompt_tokens_details.cached_tokens if body.prompt_tokens_details else None
    counts = (details, body.prompt_cache_hit_tokens, body.cached_tokens)
    return next((count for count in counts if count is not None), 0)


def _cache_write_tokens(body: UsageBody) -> int:
    return (body.prompt_tokens_details.cache_write_tokens if body.prompt_tokens_details else None) or 0


def _reasoning_tokens(body: UsageBody) -> int:
    details = body.completion_tokens_details.reasoning_tokens if body.completion_tokens_details else None
    return (details if details is not None else body.reasoning_tokens) or 0


def _clamp(count: int, maximum: int) -> int:
    return min(max(count, 0), maximum)
