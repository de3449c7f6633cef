"""``assay serve SERVICE``."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.errors import BadUsage
from assay.cli.lazy import COMMANDS
from assay.embedded.environment import with_dotenv

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
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            metavar="FILE",
            help="Variables to add to the environment, as `assay workers token` writes them; the environment takes "
            "precedence.",
        ),
    ] = None,
) -> None:
    if settings is not None and not settings.is_file():
        raise BadUsage(f"there is no file {settings}; `assay workers token --out {settings}` writes one")
    environment = dict(os.environ) if settings is None else with_dotenv(os.environ, settings)
    module = "assay.embedded.model_host" if service is Service.MODELHOST else f"services.{service}"
    os.execve(sys.executable, [sys.executable, "-m", module], environment)
