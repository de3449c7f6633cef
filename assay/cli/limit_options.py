"""Options that limit each attempt of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.quantities import dollars, seconds
from assay.contracts.tasks import AttemptLimits

_AT_MOST = "at most the task's own limit."
MaxTokens = Annotated[
    int | None,
    typer.Option("--max-tokens", metavar="N", min=1, max=1_000_000, help=f"Tokens per completion; {_AT_MOST}"),
]
Tokens = Annotated[
    int | None, typer.Option("--tokens", metavar="N", min=1, help=f"Tokens of all requests per attempt; {_AT_MOST}")
]
WallTime = Annotated[
    str, typer.Option("--wall-time", metavar="TIME", help=f"Time per attempt, for example 90s; {_AT_MOST}")
]
ToolCalls = Annotated[
    int | None, typer.Option("--tool-calls", metavar="N", min=1, help=f"Tool calls per attempt; {_AT_MOST}")
]
Turns = Annotated[int | None, typer.Option("--turns", metavar="N", min=1, help=f"Turns per attempt; {_AT_MOST}")]
Cost = Annotated[str, typer.Option("--cost", metavar="USD", help=f"Cost per attempt; {_AT_MOST}")]


def attempt_limits(
    max_tokens: int | None, tokens: int | None, wall_time: str, tool_calls: int | None, turns: int | None, cost: str
) -> AttemptLimits:
    """The limits that were given. Raises BadUsage for an invalid amount or duration."""
    return AttemptLimits(
        wall_seconds=seconds(wall_time, "--wall-time") if wall_time else None,
        max_tokens=max_tokens,
        tokens=tokens,
        cost_usd=dollars(cost, "--cost") if cost else None,
        tool_calls=tool_calls,
        turns=turns,
    )
