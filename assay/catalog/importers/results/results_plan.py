"""What the user sets for imported results, and what a reader makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import LeftOut
from assay.contracts.imported_runs import ImportedRun


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultsOptions:
    """Empty: the reader's choice. ``score`` is the scorer or metric that counts, and ``filter`` lm-eval's filter.
    ``scale`` is the lowest and the highest value of a score that is not between 0 and 1. ``pass_score`` is on Assay's
    scale. ``model`` replaces the model's name."""

    score: str = ""
    filter: str = ""
    scale: tuple[float, float] | None = None
    pass_score: float = 1.0
    model: str = ""
    suite: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultsPlan:
    """Runs that each fit into one request; what was left out and why; the choices made."""

    runs: tuple[ImportedRun, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def joined(
    source: str, plans: Sequence[ResultsPlan], failures: Sequence[ImportFailed], left_out: Sequence[LeftOut]
) -> ResultsPlan:
    """One plan of all. ``source`` names them in a message, ``failures`` are why others have no plan. Raises
    ImportFailed if there is no plan."""
    if not plans:
        raise (
            failures[0] if len(failures) == 1 else ImportFailed(f"{source} can be imported; the first: {failures[0]}")
        )
    return ResultsPlan(
        runs=tuple(run for plan in plans for run in plan.runs),
        left_out=tuple(left_out),
        notes=tuple(dict.fromkeys(note for plan in plans for note in plan.notes)),
    )
