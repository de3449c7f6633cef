"""``review``: a person decides later."""

from __future__ import annotations

from assay.contracts.checks import Review
from services.judge.checks.check_result import CheckScore
from services.judge.grading.context import GradingContext


async def check(check: Review, context: GradingContext) -> CheckScore:
    return CheckScore(passed=False, score=0.0, message="waits for a reviewer", needs_review=True)
