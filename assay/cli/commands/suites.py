"""``assay suites``."""

from __future__ import annotations

import typer

from assay.cli.display.mistakes import print_broken
from assay.cli.display.output import print_json
from assay.cli.display.table import Table, print_table
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.catalog import CatalogMistake, CatalogPart
from assay.contracts.tasks import SuiteView

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["suites"])


@app.callback()
def suites() -> None:
    """Without a callback, typer would drop the name of the only subcommand, ``list``."""


@app.command("list")
def list_suites(server: Server = "", json: Json = False) -> None:
    """List suites."""
    found, mistakes = call(server, _suites_and_mistakes)
    print_broken(mistakes, (CatalogPart.SUITE,), "suite")
    if json:
        print_json(found)
        return
    table = Table("suite", "tasks", "repeats", "title", numbers=("tasks", "repeats"), prose=("title",))
    for suite in found:
        table.add(suite.suite_id, len(suite.task_ids), suite.repeats, suite.title)
    print_table(table)


async def _suites_and_mistakes(client: AssayClient) -> tuple[list[SuiteView], list[CatalogMistake]]:
    return await client.suites(), await client.catalog_mistakes()
