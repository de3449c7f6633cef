"""``assay judges``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.calibration import (
    CalibrationReport,
    Estimate,
    compare,
    judge_labels,
    read_labels,
    require_libraries,
)
from assay.cli.display.output import money, print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import count_text
from assay.cli.server import call
from assay.contracts.money import usd

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["judges"])

TIMEOUT_SECONDS = 900.0
_NOTICE_EVERY = 25

Labels = Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines: an output and a person's scores in each.")]
Judge = Annotated[str, typer.Option("--judge", metavar="MODEL", help="The model that judges.")]
TaskId = Annotated[str, typer.Option("--task", metavar="ID", help="The task of lines that name none.")]
Concurrency = Annotated[int, typer.Option("--concurrency", metavar="N", min=1, max=100, help="Outputs judged at once.")]
Resamples = Annotated[
    int, typer.Option("--resamples", metavar="N", min=100, max=100_000, help="Of the bootstrap intervals.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Of the bootstrap.")]


@app.callback()
def judges() -> None:
    """Makes ``calibrate`` a subcommand although it is the only one."""


@app.command("calibrate")
def calibrate(
    labels: Labels,
    judge: Judge,
    task: TaskId = "",
    concurrency: Concurrency = 4,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    server: Server = "",
    json: Json = False,
) -> None:
    """Compare a judge with people. It scores outputs that people have scored; the table shows how far they agree."""
    require_libraries()
    found = read_labels(labels, task)

    def on_judged(done: int) -> None:
        if done % _NOTICE_EVERY == 0 or done == len(found):
            print_notice(f"judged {done} of {count_text(len(found), 'output')}")

    judged = call(server, lambda client: judge_labels(client, found, judge, concurrency, on_judged), TIMEOUT_SECONDS)
    report = compare(found, judged, judge, resamples, seed)
    if json:
        print_json(report)
    else:
        _print_report(report)
    raise typer.Exit(OK if report.criteria else FAILED)


def _print_report(report: CalibrationReport) -> None:
    columns = ("exact", "kappa", "quadratic kappa", "alpha", "spearman", "mean difference")
    table = Table("criterion", "outputs", *columns, numbers=("outputs", *columns))
    for row in report.criteria:
        measures = (row.exact, row.kappa, row.quadratic_kappa, row.alpha, row.spearman)
        table.add(row.criterion, str(row.items), *map(_estimate_text, measures), f"{row.mean_difference:+.2f}")
    print_table(table)
    print_line(
        f"{report.judge} judged {count_text(report.items - report.unjudged, 'output')}, {report.asked} of them anew, "
        f"for {money(usd(report.cost_nanousd))}; intervals with 95 % confidence"
    )
    if report.unjudged:
        print_line(f"{count_text(report.unjudged, 'output')} without a readable judgement: {report.reasons[0]}")


def _estimate_text(estimate: Estimate) -> str:
    """``0.71 [0.55, 0.84]``."""
    if estimate.value is None:
        return "undefined"
    interval = "" if estimate.low is None else f" [{estimate.low:.2f}, {estimate.high:.2f}]"
    return f"{estimate.value:.2f}{interval}"
