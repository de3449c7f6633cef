"""``assay runs pause|resume|cancel|retry|restart|change``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from assay.cli.display.output import print_notice
from assay.cli.display.tables import print_run
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.options import PRIORITY_HELP, Concurrency, CostLimit, Json, Server, TimeLimit
from assay.cli.quantities import run_limits, seconds
from assay.cli.resolve_ids import RunId, find_run
from assay.cli.run_state import ENDED
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.runs import CancelGrading, RunView

app = typer.Typer(add_completion=False, rich_markup_mode=None)
Grace = Annotated[str, typer.Option("--grace", metavar="TIME", help="Time that running attempts get to end.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Repeat every attempt; reuse no results.")]
Reuse = Annotated[bool, typer.Option("--reuse", help="Also reuse results of other runs.")]
GradeWithModels = Annotated[
    bool, typer.Option("--grade-with-models", help="Also finish gradings that call a model, which costs money.")
]
NoGrading = Annotated[
    bool, typer.Option("--no-grading", help="Grade nothing more; answers are kept for `assay runs retry`.")
]
Priority = Annotated[int | None, typer.Option("--priority", metavar="N", min=1, max=9, help=PRIORITY_HELP)]
Action = Callable[[AssayClient, str], Awaitable[RunView]]


@app.command("pause")
def pause_run(run: RunId, server: Server = "", json: Json = False) -> None:
    """Pause a run: no new attempts start, running ones continue."""
    _control(server, run, json, lambda client, run_id: client.pause(run_id))


@app.command("resume")
def resume_run(run: RunId, server: Server = "", json: Json = False) -> None:
    """Resume a paused run."""
    _control(server, run, json, lambda client, run_id: client.resume(run_id))


@app.command("cancel")
def cancel_run(
    run: RunId,
    grace: Grace = "10s",
    grade_with_models: GradeWithModels = False,
    no_grading: NoGrading = False,
    server: Server = "",
    json: Json = False,
) -> None:
    """Cancel a run. Its results are kept, and attempts that have an answer are still graded."""
    if grade_with_models and no_grading:
        raise BadUsage("use --grade-with-models or --no-grading, not both")
    grading = CancelGrading.ALL if grade_with_models else CancelGrading.NONE if no_grading else CancelGrading.FREE
    grace_seconds = seconds(grace, "--grace")

    async def cancel(client: AssayClient) -> RunView:
        before = await find_run(client, run)
        if before.status in ENDED:
            print_notice(f"run {before.run_id} is {before.status} already; nothing was cancelled")
        return await client.cancel(before.run_id, grace_seconds, grading)

    print_run(call(server, cancel), json)


@app.command("retry")
def retry_run(
    run: RunId,
    reuse: Reuse = False,
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    server: Server = "",
    json: Json = False,
) -> None:
    """Repeat attempts ended by errors, limits or cancellation. Starts a new run that reuses the run's other results;
    creates nothing if every attempt has a result."""
    changed = run_limits(limit, time_limit, concurrency)
    with nothing_to_retry_as_notice():
        _start_again(
            server, run, json, lambda client, run_id: client.restart(run_id, reuse=reuse, limits=changed or None)
        )


@app.command("restart")
def restart_run(
    run: RunId,
    fresh: Fresh = False,
    reuse: Reuse = False,
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    server: Server = "",
    json: Json = False,
) -> None:
    """Repeat a run. The new run reuses the run's results at no cost, unless --fresh is given."""
    if fresh and reuse:
        raise BadUsage("use --fresh or --reuse, not both")
    changed = run_limits(limit, time_limit, concurrency)
    with nothing_to_retry_as_notice():
        _start_again(
            server,
            run,
            json,
            lambda client, run_id: client.restart(run_id, fresh=fresh, reuse=reuse, limits=changed or None),
        )


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
    """Change a run's limits or priority; omitted ones keep their value."""
    changed = run_limits(limit, time_limit, concurrency)
    if not changed and priority is None:
        raise BadUsage("nothing to change: use --limit, --time-limit, --concurrency or --priority")
    _control(server, run, json, lambda client, run_id: client.change(run_id, limits=changed or None, priority=priority))


@contextmanager
def nothing_to_retry_as_notice() -> Generator[None]:
    """A run of which nothing is left to retry is no failure: print so, on stderr, and exit with 0."""
    try:
        yield
    except CommandFailed as failure:
        if failure.problem is None or failure.problem.code != "nothing_to_retry":
            raise
        print_notice(str(failure))


def _control(server: str, name: str, json: bool, action: Action) -> RunView:
    async def send(client: AssayClient) -> RunView:
        return await action(client, (await find_run(client, name)).run_id)

    run = call(server, send)
    print_run(run, json)
    return run


def _start_again(server: str, name: str, json: bool, action: Action) -> None:
    run = _control(server, name, json, action)
    if run.status not in ENDED:
        print_notice(f"follow it with `assay watch {run.run_id}`")
