"""``assay runs``."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.attempt_pages import all_attempts
from assay.cli.commands import run_control
from assay.cli.display.causes import cause_lines, has_causes
from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.table import print_table
from assay.cli.display.tables import attempts_table, metrics_table, run_lines, runs_table
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.resolve_ids import RunId, find_run
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.attempts import AttemptView
from assay.contracts.causes import Cause, Causes
from assay.contracts.codec import Data
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import RunStatus, RunView

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["runs"])


class RunWithAttempts(Data, frozen=True, kw_only=True):
    """``causes``: why attempts ended ungraded, grouped."""

    run: RunView
    attempts: tuple[AttemptView, ...]
    causes: tuple[Cause, ...] = ()


@app.command("list")
def list_runs(
    status: Annotated[RunStatus | None, typer.Option("--status", help="Only runs with this status.")] = None,
    suite: Annotated[str, typer.Option("--suite", metavar="ID", help="Only runs of this suite.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Only runs with this model.")] = "",
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only runs whose name or id contains this text.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="Maximum number of runs.")] = 20,
    server: Server = "",
    json: Json = False,
) -> None:
    """List runs, newest first."""
    page = call(server, lambda client: client.runs(status=status, suite=suite, model=model, search=search, limit=limit))
    if json:
        print_json(page)
    elif page.items:
        print_table(runs_table(page.items))
        if page.total > len(page.items):
            print_notice(f"{page.total - len(page.items)} more; raise --limit to see them")
    else:
        print_notice("no matching runs; start one with `assay run --suite demo --model oracle`")


@app.command("show")
def show_run(run: RunId, server: Server = "", json: Json = False) -> None:
    """Show a run and its attempts."""
    found = call(server, lambda client: _fetch(client, run))
    if json:
        print_json(found)
        return
    for line in run_lines(found.run):
        print_line(line)
    for line in cause_lines(Causes(items=found.causes)):
        print_line(line)
    print_table(attempts_table(found.attempts))
    if found.attempts:
        print_notice(f"details of one attempt: assay attempts show {found.attempts[0].attempt_id} --logs")


async def _fetch(client: AssayClient, name: str) -> RunWithAttempts:
    run = await find_run(client, name)
    causes = (await client.causes(run.run_id)).items if has_causes(run) else ()
    attempts = await all_attempts(client, run.run_id)
    return RunWithAttempts(run=run, attempts=attempts, causes=causes)


@app.command("metrics")
def show_metrics(run: RunId, server: Server = "", json: Json = False) -> None:
    """Show a run's metrics over all samples of each task, such as F1 and mean errors."""
    found = call(server, lambda client: _fetch_metrics(client, run))
    if json:
        print_json(found)
    elif any(each.means or each.sets for each in found.items):
        print_table(metrics_table(found))
    else:
        print_notice("no check of this run has metrics; `assay runs show` has its scores")


async def _fetch_metrics(client: AssayClient, name: str) -> RunMetrics:
    return await client.metrics((await find_run(client, name)).run_id)


app.add_typer(run_control.app)
