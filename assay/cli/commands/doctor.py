"""``assay doctor``: what Assay needs, part by part."""

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
    findings = run_checks(port)
    if json:
        print_json(findings)
    else:
        for finding in findings:
            _show(finding)
    raise typer.Exit(FAILED if any(finding.level is Level.FAIL for finding in findings) else OK)


def _show(finding: DoctorCheck) -> None:
    print_line((f"{finding.level:<4} ", _STYLES[finding.level]), (f"{finding.part:<12} ", "bold"), finding.text)
    if finding.remedy:
        print_line(" " * 18, ("what to do: ", "dim"), finding.remedy)
