"""The cost of a call: the ticket's pinned price applied to its usage, in nano-USD."""

from __future__ import annotations

from assay.contracts.models import Usage
from assay.contracts.money import MAX_NANOUSD, Price


def cost_nanousd(price: Price | None, usage: Usage) -> int:
    """0 without a price, which only baselines lack. At most MAX_NANOUSD, the largest amount a column can hold."""
    if price is None:
        return 0
    cost = price.cost(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
    return min(cost, MAX_NANOUSD)


def worst_case_nanousd(price: Price | None, usage: Usage) -> int:
    """The highest cost of a request that uses at most these tokens, however many are cached or reasoning tokens; 0
    without a price."""
    if price is None:
        return 0
    return min(price.worst_case(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens), MAX_NANOUSD)
