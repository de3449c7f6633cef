"""What a call costs: the ticket's pinned price on what was used, to the nano-USD."""

from __future__ import annotations

from assay.contracts.models import Usage
from assay.contracts.money import MAX_NANOUSD, Price


def cost_nanousd(price: Price | None, usage: Usage) -> int:
    """0 without a price, which only what calls no model is without. Never more than a nano-USD column can hold."""
    if price is None:
        return 0
    cost = price.cost(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
    return min(cost, MAX_NANOUSD)


def worst_nanousd(price: Price | None, usage: Usage) -> int:
    """The most that a request can cost which uses no more than that, whatever is cached of it and whatever reasoning;
    0 without a price."""
    if price is None:
        return 0
    return min(price.worst_case(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens), MAX_NANOUSD)
