"""``review``: a person decides later."""

from __future__ import annotations

from assay.contracts.checks import Review
from assay.contracts.verdicts import ReviewForm
from services.judge.checks.check_result import CheckScore
from services.judge.grading.context import GradingContext


async def check(check: Review, context: GradingContext) -> CheckScore:
    form = ReviewForm(instructions=check.instructions, criteria=check.criteria, pass_score=check.pass_score)
    return CheckScore(passed=False, score=0.0, message="waits for a reviewer", needs_review=True, form=form)
