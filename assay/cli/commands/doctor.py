"""``assay doctor``."""

from __future__ import annotations

import typer

from assay.cli.display.output import print_json, print_line
from assay.cli.doctor_checks import DoctorCheck, Level, run_checks
from assay.cli.errors import FAILED, OK
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Port

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


@app.command(help=COMMANDS["doctor"])
def doctor(port: Port = 8700, json: Json = False) -> None:
    checks = run_checks(port)
    if json:
        print_json(checks)
    else:
        for check in checks:
            _show(check)
    raise typer.Exit(FAILED if any(check.level is Level.FAIL for check in checks) else OK)


def _show(check: DoctorCheck) -> None:
    print_line((f"{check.level:<4} ", _STYLES[check.level]), (f"{check.part:<12} ", "bold"), check.text)
    if check.remedy:
        print_line(" " * 18, ("fix: ", "dim"), check.remedy)
