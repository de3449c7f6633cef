"""A run's own limits on each of its attempts, as options."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.quantities import dollars, seconds
from assay.contracts.tasks import AttemptLimits

_AT_MOST = "at most the task's own."
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, max=1_000_000, help=f"Of one completion; {_AT_MOST}")
]
Tokens = Annotated[int | None, typer.Option("--tokens", min=1, help=f"Of all requests of an attempt; {_AT_MOST}")]
WallTime = Annotated[str, typer.Option("--wall-time", metavar="TIME", help=f"Of an attempt, like 90s; {_AT_MOST}")]
ToolCalls = Annotated[int | None, typer.Option("--tool-calls", min=1, help=f"Of an attempt; {_AT_MOST}")]
Turns = Annotated[int | None, typer.Option("--turns", min=1, help=f"Of an attempt; {_AT_MOST}")]
Cost = Annotated[str, typer.Option("--cost", metavar="USD", help=f"Of an attempt; {_AT_MOST}")]


def attempt_limits(
    max_tokens: int | None, tokens: int | None, wall_time: str, tool_calls: int | None, turns: int | None, cost: str
) -> AttemptLimits:
    """Those that were given; BadUsage for what is no amount or no length of time."""
    return AttemptLimits(
        wall_seconds=seconds(wall_time, "--wall-time") if wall_time else None,
        max_tokens=max_tokens,
        tokens=tokens,
        cost_usd=dollars(cost, "--cost") if cost else None,
        tool_calls=tool_calls,
        turns=turns,
    )
