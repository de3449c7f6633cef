"""``assay suites``."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.display.mistakes import print_broken
from assay.cli.display.output import print_json, print_line
from assay.cli.display.table import Table, print_table
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import count_text
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.catalog import CatalogMistake, CatalogPart
from assay.contracts.tasks import SuiteView

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["suites"])


@app.command("show")
def show_suite(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="A suite id.")], server: Server = "", json: Json = False
) -> None:
    """Show a suite's tasks."""
    found = call(server, lambda client: client.suite(suite))
    if json:
        print_json(found)
        return
    print_line((found.title, "bold"), f" ({found.suite_id})")
    print_line(f"{count_text(found.repeats, 'repeat')}; {count_text(len(found.task_ids), 'task')}:")
    for task_id in found.task_ids:
        print_line(f"  {task_id}")


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
