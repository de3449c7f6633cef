"""``assay report``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.attempt_pages import all_attempts
from assay.cli.display.output import print_json, print_notice
from assay.cli.errors import BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.report.markdown import to_markdown
from assay.cli.report.rollup import Report, make_report
from assay.cli.resolve_ids import NOT_FOUND, find_run
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.problems import ProblemError
from assay.contracts.runs import RunView
from assay.contracts.tasks import SuiteView

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Runs = Annotated[list[str], typer.Argument(metavar="RUN", help="Run ids, or `latest`. Several are reported as one.")]
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Write the report to this file instead of stdout.")
]


@app.command(help=COMMANDS["report"])
def report(runs: Runs, output: Output = "", server: Server = "", json: Json = False) -> None:
    found = call(server, lambda client: _fetch(client, runs))
    if json:
        print_json(found)
    elif output:
        _write(Path(output), to_markdown(found))
        print_notice(f"wrote {output}")
    else:
        typer.echo(to_markdown(found), nl=False)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"cannot write {path}: {error.strerror or error}") from error


async def _fetch(client: AssayClient, names: Sequence[str]) -> Report:
    found = {run.run_id: run for run in [await find_run(client, name) for name in names]}
    runs = list(found.values())
    attempts = [attempt for run in runs for attempt in await all_attempts(client, run.run_id)]
    suite = await _suite(client, runs)
    tasks = {task.task_id: task for task in await client.tasks()}
    title = f"Report: {suite.title}" if suite else f"Report: {runs[0].name or ', '.join(runs[0].task_ids[:3])}"
    return make_report(title, runs, attempts, tasks, suite.weights if suite else {})


async def _suite(client: AssayClient, runs: Sequence[RunView]) -> SuiteView | None:
    """The suite of all runs, unless they have different ones or it is no longer in the catalogue."""
    names = {run.suite for run in runs}
    if len(names) > 1 or names == {""}:
        return None
    try:
        return await client.suite(names.pop())
    except ProblemError as refusal:
        if refusal.problem.status != NOT_FOUND:
            raise
        return None
