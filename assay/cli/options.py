"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.contracts.tasks import Difficulty

Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]
Server = Annotated[
    str,
    typer.Option(
        "--server",
        envvar="ASSAY_URL",
        metavar="URL",
        help="Gateway to use. Default: the one that `assay up` started in this folder.",
    ),
]
Data = Annotated[Path, typer.Option("--data", envvar="ASSAY_DATA", metavar="DIR", help="Data folder of the stack.")]
OnlySuite = Annotated[str, typer.Option("--suite", metavar="ID", help="Only this suite's tasks.")]
OnlyCategory = Annotated[str, typer.Option("--category", metavar="NAME", help="Only this category's tasks.")]
OnlyDifficulty = Annotated[
    str,
    typer.Option("--difficulty", metavar="NAME", help=f"Only tasks of this difficulty: {', '.join(Difficulty)}."),
]
OnlyLanguage = Annotated[
    str, typer.Option("--language", metavar="NAME", help="Only tasks in this programming language.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 unless every attempt passed.")]
Port = Annotated[int, typer.Option("--port", metavar="N", min=1, max=65535, help="Port of the dashboard and the API.")]

CostLimit = Annotated[
    str, typer.Option("--limit", metavar="USD|none", help="Spending limit of the whole run, for example 2.5.")
]
TimeLimit = Annotated[
    str, typer.Option("--time-limit", metavar="TIME", help="Time limit from the run's first attempt, for example 3h.")
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=0,
        max=100_000,
        help="Attempts that run at once (0 = as many as workers allow).",
    ),
]
PRIORITY_HELP = "1 (lowest) to 9: the run's share of the workers when several runs wait."
