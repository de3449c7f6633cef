"""An attempt's own limits on what it uses, all its requests together."""

from __future__ import annotations

from assay.contracts.models import Usage
from assay.contracts.money import nanousd, usd
from assay.contracts.tasks import Limits
from services.runner.errors import LimitReached


def used_tokens(usage: Usage) -> int:
    """Prompts and completions together."""
    return usage.input_tokens + usage.output_tokens


def left_tokens(limits: Limits, usage: Usage) -> int | None:
    """How many more tokens the attempt may use; None is no bound."""
    return None if limits.tokens is None else limits.tokens - used_tokens(usage)


def check_room(limits: Limits, usage: Usage, cost_nanousd: int, worst_nanousd: int) -> None:
    """Raises LimitReached unless another request may be made. Money is never overdrawn: the request's worst case must
    fit. Tokens may be, by the length of one prompt: nobody knows it in tokens before it is charged."""
    left = left_tokens(limits, usage)
    if left is not None and left <= 0:
        raise LimitReached("tokens", f"{used_tokens(usage)} of {limits.tokens} tokens are used")
    if limits.cost_usd is not None and cost_nanousd + worst_nanousd > nanousd(limits.cost_usd):
        spent, worst = usd(cost_nanousd), usd(worst_nanousd)
        raise LimitReached(
            "cost_usd", f"${spent} of ${limits.cost_usd} are spent, and the next request may cost ${worst}"
        )
