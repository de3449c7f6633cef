"""What stands beside an attempt's verdict: its score components and audit flags."""

from __future__ import annotations

from collections.abc import Iterable

from assay.cli.display.table import Table
from assay.contracts.audit import AuditFlag
from assay.contracts.evaluation import ULTIMATE_SCALE, Evaluation


def evaluation_table(evaluation: Evaluation) -> Table:
    """``share`` is the component's part of the weights of everything that was measured."""
    table = Table("component", "raw", "unit", "normalised", "share", numbers=("raw", "normalised", "share"))
    total = sum(each.weight for each in evaluation.components)
    for each in evaluation.components:
        share = each.weight / total if total else 0.0
        table.add(each.name, f"{each.raw:.4g}", each.unit, f"{each.normalised:.2f}", f"{share:.0%}")
    return table


def ultimate_text(evaluation: Evaluation) -> str:
    """One line, for example ``ultimate score 7.65 of 10, 1.3 s of CPU``."""
    cpu = "" if evaluation.cpu_seconds is None else f", {evaluation.cpu_seconds:.1f} s of CPU"
    score = "not decided yet" if evaluation.ultimate is None else f"{evaluation.ultimate:.2f} of {ULTIMATE_SCALE:g}"
    return f"ultimate score {score}{cpu}"


def flags_table(flags: Iterable[AuditFlag]) -> Table:
    table = Table("flag", "from", "step", "detail", numbers=("step",), prose=("detail",))
    for flag in flags:
        table.add(flag.kind.replace("_", " "), flag.source, flag.step or "", flag.detail)
    return table
