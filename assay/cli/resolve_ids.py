"""The run, or the attempt, that a command is about."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.errors import BadUsage
from assay.client import AssayClient
from assay.contracts.attempts import AttemptDetail
from assay.contracts.ids import attempt_id
from assay.contracts.runs import RunView

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or `latest`.")]


AttemptId = Annotated[
    str, typer.Argument(metavar="ATTEMPT", help="An attempt's id, or its number in the newest run: latest-3.")
]


async def find_attempt(client: AssayClient, wanted: str) -> AttemptDetail:
    """By id; ``latest-3`` is number 3 of the newest run."""
    run, _, number = wanted.partition("-")
    if run == "latest" and number.isdigit():
        wanted = attempt_id((await find_run(client, "latest")).run_id, int(number))
    return await client.attempt(wanted)


async def find_run(client: AssayClient, wanted: str) -> RunView:
    """By id, or the newest for ``latest``."""
    if wanted != "latest":
        return await client.run(wanted)
    page = await client.runs(limit=1)
    if not page.items:
        raise BadUsage("there are no runs yet: `assay run --suite demo --model oracle` makes one")
    return page.items[0]
