"""The score components of an attempt that ended without an output to grade."""

from __future__ import annotations

from assay.contracts.attempts import FaultKind
from assay.contracts.evaluation import Evaluation, Measurements, evaluate
from assay.contracts.money import NANO
from services.runner.tries.outcome import TryOutcome
from services.runner.tries.try_context import TryContext

_MIB = 1 << 20


def evaluation_of(try_: TryContext, outcome: TryOutcome) -> Evaluation | None:
    """None if the outcome says nothing about the model, or if a judge decides it."""
    over_budget = outcome.fault is not None and outcome.fault.kind == FaultKind.BUDGET
    if outcome.outcome is None or not outcome.outcome.counts or over_budget:
        return None
    used = try_.used
    measured = Measurements(
        score=0.0,
        duration_seconds=round(try_.clock.used_seconds, 3),
        cost_usd=try_.cost_nanousd / NANO,
        peak_memory_mib=round(used.peak_memory_bytes / _MIB, 3) if used.peak_memory_bytes else None,
        cpu_seconds=round(used.cpu_seconds, 3) if used.peak_memory_bytes else None,
    )
    return evaluate(try_.evaluation, measured)
