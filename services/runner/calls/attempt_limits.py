"""The attempt's own limits on tokens and money, over all its requests."""

from __future__ import annotations

from assay.contracts.models import Usage
from assay.contracts.money import nanousd, usd
from assay.contracts.tasks import Limits
from services.runner.errors import LimitReached


def used_tokens(usage: Usage) -> int:
    """Prompts and completions together."""
    return usage.input_tokens + usage.output_tokens


def remaining_tokens(limits: Limits, usage: Usage) -> int | None:
    """How many more tokens the attempt may use; None if unlimited."""
    return None if limits.tokens is None else limits.tokens - used_tokens(usage)


def check_limits(limits: Limits, usage: Usage, cost_nanousd: int, worst_case_nanousd: int) -> None:
    """Raises LimitReached unless another request may be made. Money is never overdrawn: the request's worst case must
    fit. Tokens may be overdrawn by one prompt, whose length in tokens is unknown until it is charged."""
    remaining = remaining_tokens(limits, usage)
    if remaining is not None and remaining <= 0:
        raise LimitReached("tokens", f"{used_tokens(usage)} of {limits.tokens} tokens used")
    if limits.cost_usd is not None and cost_nanousd + worst_case_nanousd > nanousd(limits.cost_usd):
        spent, worst_case = usd(cost_nanousd), usd(worst_case_nanousd)
        raise LimitReached("cost_usd", f"${spent} of ${limits.cost_usd} spent; the next request may cost ${worst_case}")
