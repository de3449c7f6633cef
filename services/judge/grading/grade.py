"""From an output to a verdict: runs the checks tier by tier and weighs their results."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contracts.checks import (
    AnyCheck,
    Check,
    Choice,
    Classification,
    CommandCheck,
    Exact,
    FilePresent,
    JsonFields,
    Metric,
    Numeric,
    ReferenceOutput,
    Regex,
    Regression,
    Review,
    Rubric,
    Rules,
    Sql,
    Telemetry,
    Tests,
    Tier,
    kind_of,
    name_of,
)
from assay.contracts.results import CheckOutput
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import CheckResult, Outcome, Verdict
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.artifacts.outputs import Output
from services.judge.checks import (
    choice,
    classification,
    command,
    exact,
    file_present,
    json_fields,
    metric,
    numeric,
    reference_output,
    regex,
    regression,
    review,
    rubric,
    rules,
    sql,
    telemetry,
    tests,
)
from services.judge.checks.check_result import CheckScore, TextLog, failed, merge_logs
from services.judge.grading.context import GradingContext, OutputUnsuitable
from services.judge.grading.reveal import check_output
from services.judge.ports import CheckTools
from services.judge.rubric.judging import Judging

CheckFunction = Callable[[Any, GradingContext], Awaitable[CheckScore]]

CHECKS: dict[type[Check], CheckFunction] = {
    Exact: exact.check,
    Regex: regex.check,
    Choice: choice.check,
    Numeric: numeric.check,
    Telemetry: telemetry.check,
    JsonFields: json_fields.check,
    Rules: rules.check,
    FilePresent: file_present.check,
    CommandCheck: command.check,
    Metric: metric.check,
    Sql: sql.check,
    ReferenceOutput: reference_output.check,
    Classification: classification.check,
    Regression: regression.check,
    Tests: tests.check,
    Rubric: rubric.check,
    Review: review.check,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GradingResult:
    """``checks`` has the output of each check, in the task's order. ``logs`` are those of programs by artifact name."""

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
    """``sandbox_kind`` is the kind of sandbox that the run requests; sandboxes are shared fairly by ``run_id``.
    ``judging`` are the models that grade by rubrics.

    Raises JudgeError or SandboxError if the judge is at fault; whatever the output does is part of the verdict.
    """
    context = GradingContext(
        hidden=hidden,
        sample_id=sample_id,
        output=output,
        tools=tools,
        sandbox_kind=sandbox_kind,
        run_id=run_id,
        judging=judging,
    )
    return grading_result(hidden.task, await _run_checks(hidden.task.checks, context))


async def run_check(check: AnyCheck, context: GradingContext) -> CheckScore:
    try:
        return await CHECKS[type(check)](check, context)
    except OutputUnsuitable as error:
        return failed(str(error))


async def _run_checks(checks: Sequence[AnyCheck], context: GradingContext) -> list[CheckScore]:
    """In the task's order. After a failed gate, the checks that were still to come are not run."""
    scores: dict[int, CheckScore] = {}
    failed_gate = ""
    for index in sorted(range(len(checks)), key=lambda index: list(Tier).index(checks[index].tier)):
        check = checks[index]
        if failed_gate:
            scores[index] = failed(f"not run, because {failed_gate} failed")
            continue
        scores[index] = await run_check(check, context)
        if check.gate and not scores[index].passed and not scores[index].needs_review:
            failed_gate = name_of(check)
    return [scores[index] for index in range(len(checks))]


def grading_result(task: HiddenTask, scores: Sequence[CheckScore]) -> GradingResult:
    verdict = compute_verdict(task, scores)
    checks = tuple(
        check_output(result, score, task.reveal) for result, score in zip(verdict.checks, scores, strict=True)
    )
    logs: dict[str, TextLog] = {}
    for score in scores:
        logs = merge_logs(logs, score.logs)
    return GradingResult(verdict=verdict, checks=checks, logs=logs)


def compute_verdict(task: HiddenTask, scores: Sequence[CheckScore]) -> Verdict:
    """Passed if every required check passed and the weighted mean score reaches the task's ``pass_score``. While a
    person or an unreadable judge has yet to decide, the outcome is ``needs_review``, unless a gate has failed."""
    pairs = list(zip(task.checks, scores, strict=True))
    open_review = any(score.needs_review for score in scores)
    gate_failed = any(check.gate and not score.passed and not score.needs_review for check, score in pairs)
    score = 0.0 if gate_failed else _weighted_mean(pairs)
    passed = all(score.passed for check, score in pairs if check.required) and score >= task.pass_score
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    metrics: dict[str, float] = {}
    for each in scores:
        metrics |= each.metrics
    results = tuple(map(_result, task.checks, scores))
    if open_review and not gate_failed:
        outcome = Outcome.NEEDS_REVIEW
    reason = _reason(outcome, [result for (check, _), result in zip(pairs, results, strict=True) if check.required])
    return Verdict(outcome=outcome, score=score, reason=reason, checks=results, metrics=metrics)


def all_failed(task: HiddenTask, reason: str) -> GradingResult:
    """Every check fails for the same reason, because there is no output to check."""
    return grading_result(task, [failed(reason) for _ in task.checks])


def _weighted_mean(pairs: Sequence[tuple[AnyCheck, CheckScore]]) -> float:
    total = sum(check.weight for check, _ in pairs)
    weighted = sum(check.weight * each.score for check, each in pairs)
    return min(1.0, max(0.0, weighted / total)) if total else 0.0


def _result(check: AnyCheck, score: CheckScore) -> CheckResult:
    return CheckResult(
        name=name_of(check),
        kind=kind_of(check),
        passed=score.passed,
        score=score.score,
        weight=check.weight,
        message=score.message,
        tier=check.tier,
        needs_review=score.needs_review,
    )


def _reason(outcome: Outcome, results: Sequence[CheckResult]) -> str:
    if outcome is Outcome.PASSED:
        return ""
    if outcome is Outcome.NEEDS_REVIEW:
        shown = [result for result in results if result.needs_review]
    else:
        shown = [result for result in results if not result.passed]
        if not shown:
            return "the score is below the task's pass score"
    return "; ".join(f"{result.name}: {result.message}" for result in shown)[:1000]
