"""``assay regrade RUN``."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.progress import progress_display
from assay.cli.display.table import Table, print_table
from assay.cli.errors import INTERRUPTED, OK
from assay.cli.follow import follow_run, interruptible
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import count_text
from assay.cli.resolve_ids import RunId, find_run
from assay.cli.server import connected
from assay.cli.signals import run_until_signal
from assay.contracts.rpc import Changes

app = typer.Typer(add_completion=False, rich_markup_mode=None)
Checks = Annotated[
    list[str] | None, typer.Option("--check", metavar="NAME", help="Only this check; may be given several times.")
]
Current = Annotated[
    bool, typer.Option("--current", help="By the tasks as they are now, not as they were when the run was submitted.")
]


@app.command(help=COMMANDS["regrade"])
def regrade(
    run: RunId, check: Checks = None, current: Current = False, server: Server = "", json: Json = False
) -> None:
    """No model is asked again. What people have decided is kept, and so are earlier verdicts."""
    raise typer.Exit(run_until_signal(_regrade(run, tuple(check or ()), current, server, json), INTERRUPTED))


async def _regrade(name: str, checks: tuple[str, ...], current: bool, server: str, json: bool) -> int:
    async with connected(server) as client:
        run = await find_run(client, name)
        again = await client.regrade(run.run_id, checks=checks, current=current)
        print_notice(
            f"run {again.run_id} grades {count_text(again.progress.total, 'output')} of run {run.run_id} again"
        )
        with interruptible(again.run_id, server), progress_display(quiet=json) as shown:
            await follow_run(client, again.run_id, shown)
        changes = await client.changes(again.run_id)
    if json:
        print_json(changes)
    else:
        _print(changes)
    return OK


def _print(changes: Changes) -> None:
    if changes.changed:
        columns = ("attempt", "task", "sample", "model", "before", "now", "reason")
        table = Table(*columns, prose=("reason",))
        for each in changes.changed:
            before = f"{each.outcome_before} {each.score_before:.2f}"
            now = f"{each.outcome} {each.score:.2f}"
            table.add(each.attempt_id, each.task_id, each.sample_id, each.model, before, now, each.reason)
        print_table(table)
    if changes.more:
        print_notice(f"{changes.more} more are not shown")
    changed = len(changes.changed) + changes.more
    parts = [f"{count_text(changed, 'verdict')} changed", f"{changes.unchanged} did not"]
    parts += [f"{changes.ungraded} could not be graded again and keep theirs"] if changes.ungraded else []
    print_line(f"run {changes.regrades}: {', '.join(parts)}")
