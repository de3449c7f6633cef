"""``assay runs pause|resume|cancel|retry|restart|change``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from assay.cli.display.output import print_json, print_line
from assay.cli.display.tables import run_lines
from assay.cli.errors import BadUsage
from assay.cli.options import PRIORITY_HELP, Concurrency, CostLimit, Json, Server, TimeLimit
from assay.cli.quantities import run_limits, seconds
from assay.cli.resolve_ids import RunId, find_run
from assay.cli.server import connected
from assay.client import AssayClient
from assay.contracts.runs import RunView

app = typer.Typer(add_completion=False, rich_markup_mode=None)
Grace = Annotated[str, typer.Option("--grace", metavar="TIME", help="What attempts under way may take to end.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Take over nothing: make every attempt again.")]
Priority = Annotated[int | None, typer.Option("--priority", min=1, max=9, help=PRIORITY_HELP)]
Action = Callable[[AssayClient, str], Awaitable[RunView]]


@app.command("pause")
def pause_run(run: RunId, server: Server = "", json: Json = False) -> None:
    """Begin nothing new of a run; what is under way goes on."""
    _control(server, run, json, lambda client, run_id: client.pause(run_id))


@app.command("resume")
def resume_run(run: RunId, server: Server = "", json: Json = False) -> None:
    """Go on with a paused run."""
    _control(server, run, json, lambda client, run_id: client.resume(run_id))


@app.command("cancel")
def cancel_run(run: RunId, grace: Grace = "10s", server: Server = "", json: Json = False) -> None:
    """Cancel a run; results so far are kept."""
    allowed = seconds(grace, "--grace")
    _control(server, run, json, lambda client, run_id: client.cancel(run_id, allowed))


@app.command("retry")
def retry_run(
    run: RunId,
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    server: Server = "",
    json: Json = False,
) -> None:
    """Make a new run of what ended by error, by a limit or by cancelling; take over the rest."""
    changed = run_limits(limit, time_limit, concurrency)
    _control(server, run, json, lambda client, run_id: client.restart(run_id, limits=changed or None))


@app.command("restart")
def restart_run(
    run: RunId,
    fresh: Fresh = False,
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    server: Server = "",
    json: Json = False,
) -> None:
    """Make a new run of the same plan; without --fresh it takes over what is done already, at no cost."""
    changed = run_limits(limit, time_limit, concurrency)
    _control(server, run, json, lambda client, run_id: client.restart(run_id, fresh=fresh, limits=changed or None))


@app.command("change")
def change_run(
    run: RunId,
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    priority: Priority = None,
    server: Server = "",
    json: Json = False,
) -> None:
    """Give a run other limits or another priority; what is not named stays."""
    changed = run_limits(limit, time_limit, concurrency)
    if not changed and priority is None:
        raise BadUsage("name what to change: --limit, --time-limit, --concurrency or --priority")
    _control(server, run, json, lambda client, run_id: client.change(run_id, limits=changed or None, priority=priority))


def _control(server: str, wanted: str, json: bool, order: Action) -> None:
    async def send() -> RunView:
        async with connected(server) as client:
            return await order(client, (await find_run(client, wanted)).run_id)

    found = asyncio.run(send())
    if json:
        print_json(found)
        return
    for line in run_lines(found):
        print_line(line)
