"""``assay serve SERVICE``."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from assay.cli.lazy import COMMANDS

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Service(StrEnum):
    GATEWAY = "gateway"
    LEDGER = "ledger"
    RUNNER = "runner"
    JUDGE = "judge"
    MODELHOST = "modelhost"


@app.command(help=COMMANDS["serve"])
def serve(
    service: Annotated[
        Service,
        typer.Argument(metavar="SERVICE", help="The service; docs/operations.md lists its environment variables."),
    ],
) -> None:
    module = "assay.embedded.model_host" if service is Service.MODELHOST else f"services.{service}"
    os.execv(sys.executable, [sys.executable, "-m", module])
