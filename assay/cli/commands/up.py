"""``assay up``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.errors import CommandFailed
from assay.cli.lazy import COMMANDS
from assay.cli.options import Data, Json, Port
from assay.cli.signals import run_until_signal
from assay.embedded.errors import StackError
from assay.embedded.events import Report, json_lines, text_lines
from assay.embedded.services import Address, UpOptions
from assay.embedded.up import running_stack

app = typer.Typer(add_completion=False, rich_markup_mode=None)
Host = Annotated[
    str,
    typer.Option(
        "--host", metavar="ADDRESS", help="Address to listen on. Addresses other than loopback need ASSAY_TOKEN."
    ),
]
Runners = Annotated[int, typer.Option("--runners", metavar="N", min=1, max=64, help="Number of runner processes.")]
Judges = Annotated[int, typer.Option("--judges", metavar="N", min=1, max=64, help="Number of judge processes.")]


@app.command(help=COMMANDS["up"])
def up(
    data: Data = Path(".assay"),
    host: Host = "127.0.0.1",
    port: Port = 8700,
    runners: Runners = 1,
    judges: Judges = 1,
    json: Json = False,
) -> None:
    options = UpOptions(data=data, address=Address(host=host, port=port), runners=runners, judges=judges)
    if json:
        from assay.service.logging import configure_logging

        configure_logging("up")
    with stack_errors():
        raise typer.Exit(run_until_signal(_serve(options, json_lines(sys.stdout) if json else text_lines(sys.stdout))))


async def _serve(options: UpOptions, report: Report) -> None:
    async with running_stack(options, report):
        await asyncio.Event().wait()


@contextmanager
def stack_errors() -> Generator[None]:
    try:
        yield
    except StackError as error:
        raise CommandFailed(str(error)) from error
