"""``telemetry``: statistics of a series, with the errors that telemetry benchmarks report."""

from __future__ import annotations

from msgspec import structs

from assay.contracts.checks import Telemetry
from assay.contracts.codec import encode
from services.judge.checks.check_result import CheckScore
from services.judge.checks.numeric import compare_fields
from services.judge.grading.context import GradingContext


async def check(check: Telemetry, context: GradingContext) -> CheckScore:
    text, expected = context.text(check), context.expected(check)
    score = compare_fields(check.fields, check.tolerance, text, expected)
    errors = [score.metrics[f"{field}_abs_err"] for field in check.fields if f"{field}_abs_err" in score.metrics]
    if len(errors) == len(check.fields):
        performance = sum(errors) / len(errors)
        score = structs.replace(score, metrics={**score.metrics, "performance": performance})
    return score.with_evidence(text, encode(expected).decode())
