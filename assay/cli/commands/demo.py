"""``assay demo``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.commands.up import stack_errors
from assay.cli.display.output import print_json, print_line, print_notice, stdout
from assay.cli.display.progress import progress_display
from assay.cli.display.tables import board_table
from assay.cli.errors import FAILED, INTERRUPTED, OK
from assay.cli.follow import follow_run
from assay.cli.lazy import COMMANDS
from assay.cli.options import Data, Json, Port
from assay.cli.quantities import count_text
from assay.cli.server import connected, local_stack_address
from assay.cli.signals import run_until_signal
from assay.contracts.codec import Data as Plain
from assay.contracts.runs import Board, RunRequest, RunStatus, RunView
from assay.embedded.events import json_lines, text_lines
from assay.embedded.services import Address, UpOptions
from assay.embedded.up import running_stack

app = typer.Typer(add_completion=False, rich_markup_mode=None)
REQUEST = RunRequest(suite="demo", models=("oracle", "nop", "local/smollm2-135m"), name="demo")
Exit = Annotated[bool, typer.Option("--exit", help="Stop when the run ends; exit with 0 only if it finished.")]


class DemoResult(Plain, frozen=True, kw_only=True):
    address: str
    run: RunView
    leaderboard: Board


class _Progress:
    """Whether the run finished, for the exit code after Ctrl-C."""

    finished = False


@app.command(help=COMMANDS["demo"])
def demo(data: Data = Path(".assay"), port: Port = 8700, stop: Exit = False, json: Json = False) -> None:
    progress = _Progress()
    with stack_errors():
        code = run_until_signal(
            _demo(UpOptions(data=data, address=Address(port=port)), stop, json, progress), INTERRUPTED
        )
    raise typer.Exit(OK if code == INTERRUPTED and progress.finished else code)


async def _demo(options: UpOptions, stop: bool, json: bool, progress: _Progress) -> int:
    async with _stack(options, json) as (address, started_here):
        result = await _benchmark(address)
        progress.finished = result.run.status is RunStatus.FINISHED
        if json:
            print_json(result)
        else:
            stdout().print(board_table(result.leaderboard))
            print_line("dashboard: ", (address, "bold"), f"    this run: {address}/runs/{result.run.run_id}")
        if started_here and not stop:
            print_notice("serving until Ctrl-C")
            await asyncio.Event().wait()
    return OK if progress.finished else FAILED


@asynccontextmanager
async def _stack(options: UpOptions, json: bool) -> AsyncGenerator[tuple[str, bool]]:
    """The stack's address, and whether it was started here: False for a stack that was already running."""
    if address := local_stack_address(options.data):
        print_notice(f"using the stack already running at {address}")
        yield address, False
        return
    async with running_stack(options, json_lines(sys.stderr) if json else text_lines()) as address:
        yield address, True


async def _benchmark(address: str) -> DemoResult:
    async with connected(address) as client:
        run = await client.submit(REQUEST)
        attempts = count_text(run.progress.total, "attempt")
        print_notice(f"run {run.run_id}: {attempts}, live at {address}/runs/{run.run_id}")
        with progress_display() as shown:
            run = await follow_run(client, run.run_id, shown)
        return DemoResult(address=address, run=run, leaderboard=await client.leaderboard(suite=run.suite))
