"""Results of an earlier grading that another one keeps."""

from __future__ import annotations

from assay.contracts.attempts import Regrade
from assay.contracts.checks import name_of
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import CheckResult
from services.judge.checks.check_result import CheckScore


def kept_results(task: HiddenTask, regrade: Regrade) -> dict[str, CheckResult]:
    """By the check's name: of the checks that are not to run again, and what a person decided."""
    earlier = {result.name: result for result in (regrade.verdict.checks if regrade.verdict else ())}
    names = {name_of(check) for check in task.checks}
    return {
        name: result
        for name, result in earlier.items()
        if name in names and (result.reviewed is not None or (regrade.checks and name not in regrade.checks))
    }


def score_of(result: CheckResult) -> CheckScore:
    return CheckScore(
        passed=result.passed,
        score=result.score,
        message=result.message,
        needs_review=result.needs_review,
        form=result.form,
    )
