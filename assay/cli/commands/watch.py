"""``assay watch RUN``."""

from __future__ import annotations

import typer

from assay.cli.display.output import print_json
from assay.cli.display.progress import progress_display
from assay.cli.errors import INTERRUPTED
from assay.cli.follow import exit_code, follow_run, interruptible
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server, Strict
from assay.cli.resolve_ids import RunId, find_run
from assay.cli.run_report import print_ended_run
from assay.cli.server import connected
from assay.cli.signals import run_until_signal

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=COMMANDS["watch"])
def watch(run: RunId = "latest", strict: Strict = False, server: Server = "", json: Json = False) -> None:
    """With --json: one line per fact from now on, then the run."""
    raise typer.Exit(run_until_signal(_watch(run, server, strict, json), INTERRUPTED))


async def _watch(name: str, server: str, strict: bool, json: bool) -> int:
    async with connected(server) as client:
        found = await find_run(client, name)
        with interruptible(found.run_id, server), progress_display(quiet=json) as shown:
            run = await follow_run(client, found.run_id, shown, print_json if json else lambda event: None)
        await print_ended_run(client, run, json)
    return exit_code(run, strict)
