"""The score components of an attempt that was graded."""

from __future__ import annotations

from collections.abc import Mapping

from assay.contracts.evaluation import Evaluation, Measurements, evaluate
from assay.contracts.money import NANO
from assay.contracts.results import Result
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import Outcome
from services.judge.artifacts.outputs import Output
from services.judge.grading.grade import GradingResult
from services.judge.ports import ComplexityMeasure

_MIB = 1 << 20


async def evaluation_of(
    task: HiddenTask,
    output: Output | None,
    graded: GradingResult,
    try_result: Result | None,
    complexity: ComplexityMeasure,
) -> Evaluation:
    """``output`` is None if it was refused. ``try_result`` is the runner's; without it, neither time nor cost is
    known."""
    used_bytes, cpu_seconds = graded.used.peak_memory_bytes, graded.used.cpu_seconds
    if not used_bytes and try_result is not None:
        used_bytes, cpu_seconds = try_result.peak_memory_bytes, try_result.cpu_seconds
    measured = Measurements(
        score=graded.verdict.score,
        duration_seconds=round(try_result.duration_seconds, 3) if try_result else None,
        complexity=await complexity.measure(output) if isinstance(output, Mapping) else None,
        cost_usd=try_result.cost_nanousd / NANO if try_result else None,
        peak_memory_mib=round(used_bytes / _MIB, 3) if used_bytes else None,
        cpu_seconds=round(cpu_seconds, 3) if used_bytes else None,
    )
    return evaluate(task.evaluation, measured, decided=graded.verdict.outcome is not Outcome.NEEDS_REVIEW)
