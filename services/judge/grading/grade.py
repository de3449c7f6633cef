"""From an output to a verdict: runs every check and weighs the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contracts.results import CheckOutput
from assay.contracts.rubric import Rubric
from assay.contracts.tasks import AnyCheck, Choice, Exact, HiddenTask, JsonFields, Numeric, Regex, Tests
from assay.contracts.verdicts import CheckResult, Outcome, Verdict
from assay.files import Files
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.artifacts.outputs import Output
from services.judge.checks import choice, exact, json_fields, numeric, regex, rubric, tests
from services.judge.checks.check_result import CheckScore
from services.judge.checks.tests import TextLog, merge_logs
from services.judge.errors import HiddenBundleInvalid
from services.judge.ports import CheckTools, RegexSearch
from services.judge.rubric.judging import Judging


@dataclass(frozen=True, kw_only=True, slots=True)
class GradingResult:
    """``checks`` has the output of each check, in the task's order. ``logs`` are those of test runs by artifact
    name; empty for answers."""

    verdict: Verdict
    checks: tuple[CheckOutput, ...] = ()
    logs: dict[str, TextLog] = field(default_factory=dict[str, TextLog])


async def grade(
    hidden: HiddenBundle,
    sample_id: str,
    output: Output,
    tools: CheckTools,
    sandbox_kind: str = "",
    run_id: str = "",
    judging: Judging | None = None,
) -> GradingResult:
    """``sandbox_kind`` is the kind of sandbox that the run requests; test runs are shared fairly by ``run_id``.
    ``judging`` are the models that grade by rubrics.

    Raises JudgeError or SandboxError if the judge is at fault; whatever the output does is part of the verdict.
    """
    scores: list[CheckScore] = []
    logs: dict[str, TextLog] = {}
    for check in hidden.task.checks:
        if isinstance(check, Tests):
            score, texts = await tests.check(
                check, hidden, _files(check, output), tools.test_executor, sandbox_kind, run_id
            )
            logs = merge_logs(logs, texts)
        elif isinstance(check, Rubric):
            score = await rubric.check(check, hidden, output, sample_id, judging)
        else:
            expected = _expected_value(hidden.task, check, sample_id)
            score = await check_answer(check, _text(check, output), expected, tools.regex)
        scores.append(score)
    return grading_result(hidden.task, scores, logs)


def grading_result(
    task: HiddenTask, scores: Sequence[CheckScore], logs: dict[str, TextLog] | None = None
) -> GradingResult:
    verdict = compute_verdict(task, scores)
    checks = tuple(
        CheckOutput(result=result, metrics=score.metrics, tests=score.tests, judgements=score.judgements)
        for result, score in zip(verdict.checks, scores, strict=True)
    )
    return GradingResult(verdict=verdict, checks=checks, logs=logs or {})


def compute_verdict(task: HiddenTask, scores: Sequence[CheckScore]) -> Verdict:
    """Passed if every check passed and the weighted mean score reaches the task's ``pass_score``. Without a score if a
    check needs a review."""
    total = sum(check.weight for check in task.checks)
    weighted = sum(check.weight * each.score for check, each in zip(task.checks, scores, strict=True))
    score = min(1.0, max(0.0, weighted / total)) if total else 0.0
    passed = all(each.passed for each in scores) and score >= task.pass_score
    metrics: dict[str, float] = {}
    for each in scores:
        metrics |= each.metrics
    results = tuple(map(_result, task.checks, scores))
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    if reviews := [each.review for each in scores if each.review]:
        reason = "; ".join(reviews)[:1000]
        return Verdict(outcome=Outcome.NEEDS_REVIEW, reason=reason, checks=results, metrics=metrics)
    return Verdict(outcome=outcome, score=score, reason=_reason(passed, results), checks=results, metrics=metrics)


def all_failed(task: HiddenTask, reason: str) -> GradingResult:
    """Every check fails for the same reason, because there is no output to check."""
    return grading_result(task, [CheckScore(passed=False, score=0.0, message=reason) for _ in task.checks])


async def check_answer(check: AnyCheck, answer: str, expected: Any, search: RegexSearch) -> CheckScore:
    match check:
        case Exact():
            return exact.check(check, answer, expected)
        case Choice():
            return choice.check(check, answer, expected)
        case Numeric():
            return numeric.check(check, answer, expected)
        case JsonFields():
            return json_fields.check(check, answer, expected)
        case Regex():
            return await regex.check(check, answer, search)
        case Tests() | Rubric():
            raise HiddenBundleInvalid(f"check {_name(check)!r} does not grade an answer by itself")


def _expected_value(task: HiddenTask, check: AnyCheck, sample_id: str) -> Any:
    if sample_id not in task.expected and not isinstance(check, Regex):
        raise HiddenBundleInvalid(f"task {task.task_id!r} has no expected answer for sample {sample_id!r}")
    return task.expected.get(sample_id)


def _files(check: Tests, output: Output) -> Files:
    if isinstance(output, str):
        raise HiddenBundleInvalid(f"check {_name(check)!r} grades files, but the task's solver submits an answer")
    return output


def _text(check: AnyCheck, output: Output) -> str:
    if not isinstance(output, str):
        raise HiddenBundleInvalid(f"check {_name(check)!r} grades an answer, but the task's solver submits files")
    return output


def _result(check: AnyCheck, score: CheckScore) -> CheckResult:
    return CheckResult(
        name=_name(check),
        kind=str(check.__struct_config__.tag),
        passed=score.passed,
        score=score.score,
        weight=check.weight,
        message=score.message,
    )


def _name(check: AnyCheck) -> str:
    return check.name or str(check.__struct_config__.tag)


def _reason(passed: bool, results: tuple[CheckResult, ...]) -> str:
    if passed:
        return ""
    failed = [result for result in results if not result.passed]
    if not failed:
        return "the score is below the task's pass score"
    return "; ".join(f"{result.name}: {result.message}" for result in failed)[:1000]
