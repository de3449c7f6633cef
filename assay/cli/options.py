"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Data as JSON on stdout.")]
Server = Annotated[
    str,
    typer.Option(
        "--server", envvar="ASSAY_URL", help="Address of a gateway; without, the stack running here is found."
    ),
]
Data = Annotated[Path, typer.Option("--data", envvar="ASSAY_DATA", help="Folder that keeps everything.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 unless every attempt passed.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the dashboard and the API.")]

CostLimit = Annotated[str, typer.Option("--limit", metavar="USD|none", help="What the whole run may cost, like 2.5.")]
TimeLimit = Annotated[str, typer.Option("--time-limit", metavar="TIME", help="From its first attempt on, like 3h.")]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", min=0, max=100_000, help="Attempts at once; 0: as many as workers take.")
]
PRIORITY_HELP = "1 to 9: its share of the workers among the runs that wait."
