"""The run that a command is about."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.errors import BadUsage
from assay.client import AssayClient
from assay.contracts.runs import RunView

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or `latest`.")]


async def find_run(client: AssayClient, wanted: str) -> RunView:
    """By id, or the newest for ``latest``."""
    if wanted != "latest":
        return await client.run(wanted)
    page = await client.runs(limit=1)
    if not page.items:
        raise BadUsage("there are no runs yet: `assay run --suite demo --model oracle` makes one")
    return page.items[0]
