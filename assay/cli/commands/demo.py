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
from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.progress import progress_display
from assay.cli.display.table import print_table
from assay.cli.display.tables import board_table
from assay.cli.errors import INTERRUPTED
from assay.cli.follow import exit_code, follow_run, interruptible
from assay.cli.lazy import COMMANDS
from assay.cli.options import Data, Json, Port
from assay.cli.quantities import count_text
from assay.cli.run_report import print_causes
from assay.cli.server import connected, local_stack_address
from assay.cli.signals import run_until_signal
from assay.contracts.codec import Data as Plain
from assay.contracts.leaderboard import Board
from assay.contracts.runs import RunRequest, RunView
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
    """The exit code of the run, also after Ctrl-C; None until it has ended."""

    code: int | None = None


@app.command(help=COMMANDS["demo"])
def demo(data: Data = Path(".assay"), port: Port = 8700, stop: Exit = False, json: Json = False) -> None:
    progress = _Progress()
    with stack_errors():
        code = run_until_signal(
            _demo(UpOptions(data=data, address=Address(port=port)), stop, json, progress), INTERRUPTED
        )
    raise typer.Exit(code if progress.code is None or code != INTERRUPTED else progress.code)


async def _demo(options: UpOptions, stop: bool, json: bool, progress: _Progress) -> int:
    async with _stack(options, json) as (address, started_here):
        result = await _benchmark(address, started_here)
        progress.code = exit_code(result.run, strict=False)
        if json:
            print_json(result)
        else:
            print_table(board_table(result.leaderboard))
            print_line("dashboard: ", (address, "bold"), f"    this run: {address}/runs/{result.run.run_id}")
        if started_here and not stop:
            print_notice("serving until Ctrl-C")
            await asyncio.Event().wait()
    return progress.code


@asynccontextmanager
async def _stack(options: UpOptions, json: bool) -> AsyncGenerator[tuple[str, bool]]:
    """The stack's address, and whether it was started here: False for a stack that was already running."""
    if address := local_stack_address(options.data):
        print_notice(f"using the stack already running at {address}")
        yield address, False
        return
    async with running_stack(options, json_lines(sys.stderr) if json else text_lines()) as address:
        yield address, True


async def _benchmark(address: str, started_here: bool) -> DemoResult:
    async with connected(address) as client:
        run = await client.submit(REQUEST)
        attempts = count_text(run.progress.total, "attempt")
        print_notice(f"run {run.run_id}: {attempts}, live at {address}/runs/{run.run_id}")
        with interruptible(run.run_id, ends_with_stack=started_here), progress_display() as shown:
            run = await follow_run(client, run.run_id, shown)
        await print_causes(client, run, to_stderr=True)
        return DemoResult(address=address, run=run, leaderboard=await client.leaderboard(suite=run.suite))
