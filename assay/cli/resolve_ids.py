"""Finds the run or the attempt that an argument names; ``latest`` is the newest run."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.errors import BadUsage
from assay.client import AssayClient
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.ids import attempt_id
from assay.contracts.problems import ProblemError
from assay.contracts.runs import RunView

NOT_FOUND = 404
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run id, or `latest`.")]
AttemptId = Annotated[
    str,
    typer.Argument(metavar="ATTEMPT", help="An attempt id; `latest-3` is attempt 3 of the newest run."),
]


async def find_attempt(client: AssayClient, name: str) -> AttemptDetail:
    """By id; ``latest-3`` is attempt 3 of the newest run. Raises BadUsage if ``name`` is a run."""
    run, dash, number = name.partition("-")
    if run == "latest" and (number.isdigit() or not dash):
        run = (await find_run(client, "latest")).run_id
        name = attempt_id(run, int(number)) if number else run
    try:
        return await client.attempt(name)
    except ProblemError as refusal:
        if refusal.problem.status != NOT_FOUND or name != run or not await _is_run(client, run):
            raise
    first = attempt_id(run, 1)
    raise BadUsage(f"{run} is a run, not an attempt; `assay runs show {run}` lists its attempts, the first is {first}")


async def find_run(client: AssayClient, name: str) -> RunView:
    """By id; ``latest`` is the newest run. Raises BadUsage if ``name`` is an attempt of a run."""
    if name != "latest":
        return await _run_by_id(client, name)
    page = await client.runs(limit=1)
    if not page.items:
        raise BadUsage("there are no runs yet; start one with `assay run --suite demo --model oracle`")
    return page.items[0]


async def _run_by_id(client: AssayClient, name: str) -> RunView:
    try:
        return await client.run(name)
    except ProblemError as refusal:
        run, dash, _ = name.partition("-")
        if refusal.problem.status != NOT_FOUND or not dash or not (run == "latest" or await _is_run(client, run)):
            raise
    raise BadUsage(f"{name} is an attempt of run {run}, not a run; `assay attempts show {name}` shows it")


async def _is_run(client: AssayClient, run_id: str) -> bool:
    try:
        return bool(await client.run(run_id))
    except ProblemError:
        return False
