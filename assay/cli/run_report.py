"""What a command prints when the run it followed has ended."""

from __future__ import annotations

from assay.cli.display.causes import cause_lines, has_causes
from assay.cli.display.output import print_line, print_notice
from assay.cli.display.tables import print_run
from assay.cli.run_state import nothing_graded
from assay.client import AssayClient
from assay.contracts.runs import RunView

_MOST_CAUSES = 5


async def print_ended_run(client: AssayClient, run: RunView, json: bool) -> None:
    """The run, and why attempts ended ungraded: on stderr with ``json``, so that stdout is the run alone."""
    print_run(run, json)
    await print_causes(client, run, to_stderr=json)


async def print_causes(client: AssayClient, run: RunView, *, to_stderr: bool = False) -> None:
    if not has_causes(run):
        return
    show = print_notice if to_stderr else print_line
    for line in cause_lines(await client.causes(run.run_id), _MOST_CAUSES):
        show(line)
    if nothing_graded(run):
        print_notice("nothing was graded: every attempt ended by an error or a limit")
