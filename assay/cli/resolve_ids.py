"""Finds the run or the attempt that an argument names; ``latest`` is the newest run."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.errors import BadUsage
from assay.client import AssayClient
from assay.contracts.attempts import AttemptDetail
from assay.contracts.ids import attempt_id
from assay.contracts.runs import RunView

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run id, or `latest`.")]
AttemptId = Annotated[
    str,
    typer.Argument(metavar="ATTEMPT", help="An attempt id; `latest-3` is attempt 3 of the newest run."),
]


async def find_attempt(client: AssayClient, name: str) -> AttemptDetail:
    """By id; ``latest-3`` is attempt 3 of the newest run."""
    run, _, number = name.partition("-")
    if run == "latest" and number.isdigit():
        name = attempt_id((await find_run(client, "latest")).run_id, int(number))
    return await client.attempt(name)


async def find_run(client: AssayClient, name: str) -> RunView:
    """By id; ``latest`` is the newest run."""
    if name != "latest":
        return await client.run(name)
    page = await client.runs(limit=1)
    if not page.items:
        raise BadUsage("there are no runs yet; start one with `assay run --suite demo --model oracle`")
    return page.items[0]
