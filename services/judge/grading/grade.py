"""From an output to a verdict: runs the checks tier by tier and weighs their results."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from msgspec import structs

from assay.contracts.attempts import Regrade
from assay.contracts.audit import AuditFlag
from assay.contracts.checks import (
    AnyCheck,
    Check,
    Choice,
    Classification,
    CommandCheck,
    Exact,
    FilePresent,
    Intervals,
    JsonFields,
    Metric,
    Numeric,
    PlantCheck,
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
from assay.contracts.run_metrics import MAX_METRIC, Prediction
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import CheckResult, Outcome, Verdict, verdict_of
from assay.sandbox import ResourceUse
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.artifacts.outputs import Output
from services.judge.audit import flags_of_files, impossible_passed
from services.judge.checks import (
    choice,
    classification,
    command,
    exact,
    file_present,
    intervals,
    json_fields,
    metric,
    numeric,
    plant,
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
from services.judge.grading.kept_results import kept_results, score_of
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
    Intervals: intervals.check,
    Rules: rules.check,
    FilePresent: file_present.check,
    CommandCheck: command.check,
    Metric: metric.check,
    PlantCheck: plant.check,
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
    """``checks`` has the output of each check, in the task's order. ``logs`` are those of programs by artifact name.
    ``used`` is what submitted code used, ``flags`` what looks like cheating. ``predictions`` by check."""

    verdict: Verdict
    checks: tuple[CheckOutput, ...] = ()
    logs: dict[str, TextLog] = field(default_factory=dict[str, TextLog])
    used: ResourceUse = field(default_factory=ResourceUse)
    flags: tuple[AuditFlag, ...] = ()
    predictions: dict[str, Prediction] = field(default_factory=dict[str, Prediction])


async def grade(
    hidden: HiddenBundle,
    sample_id: str,
    output: Output,
    tools: CheckTools,
    sandbox_kind: str = "",
    run_id: str = "",
    judging: Judging | None = None,
    regrade: Regrade | None = None,
) -> GradingResult:
    """``sandbox_kind`` is the kind of sandbox that the run requests; sandboxes are shared fairly by ``run_id``.
    ``judging`` are the models that grade by rubrics. With ``regrade`` the output was graded before, and some results
    may be kept.

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
    kept = kept_results(hidden.task, regrade) if regrade else {}
    scores = await _run_checks(hidden.task.checks, context, kept)
    metrics = regrade.verdict.metrics if regrade and regrade.verdict else {}
    result = grading_result(hidden.task, scores, kept, metrics)
    return replace(result, flags=(*_flags_of_output(output), *result.flags, *_flags_of_pass(hidden.task, result)))


def _flags_of_pass(task: HiddenTask, result: GradingResult) -> tuple[AuditFlag, ...]:
    passed = result.verdict.outcome is Outcome.PASSED
    return (impossible_passed(task.impossible),) if passed and task.impossible else ()


def _flags_of_output(output: Output) -> tuple[AuditFlag, ...]:
    return () if isinstance(output, str) else flags_of_files(output)


async def run_check(check: AnyCheck, context: GradingContext) -> CheckScore:
    try:
        score = await CHECKS[type(check)](check, context)
    except OutputUnsuitable as error:
        return failed(str(error))
    capped = {name: max(-MAX_METRIC, min(MAX_METRIC, value)) for name, value in score.metrics.items()}
    return structs.replace(score, metrics=capped)


async def _run_checks(
    checks: Sequence[AnyCheck], context: GradingContext, kept: Mapping[str, CheckResult]
) -> list[CheckScore]:
    """In the task's order. After a failed gate, the checks that were still to come are not run."""
    scores: dict[int, CheckScore] = {}
    failed_gate = ""
    for index in sorted(range(len(checks)), key=lambda index: list(Tier).index(checks[index].tier)):
        check = checks[index]
        if failed_gate:
            scores[index] = failed(f"not run, because {failed_gate} failed")
            continue
        earlier = kept.get(name_of(check))
        scores[index] = score_of(earlier) if earlier else await run_check(check, context)
        if check.gate and not scores[index].passed and not scores[index].needs_review:
            failed_gate = name_of(check)
    return [scores[index] for index in range(len(checks))]


def grading_result(
    task: HiddenTask,
    scores: Sequence[CheckScore],
    kept: Mapping[str, CheckResult] | None = None,
    metrics: Mapping[str, float] | None = None,
) -> GradingResult:
    """``kept`` results of an earlier grading, and its ``metrics``, stay as they were."""
    verdict = compute_verdict(task, scores, kept or {}, metrics or {})
    checks = tuple(
        check_output(result, score, task.reveal) for result, score in zip(verdict.checks, scores, strict=True)
    )
    logs: dict[str, TextLog] = {}
    for score in scores:
        logs = merge_logs(logs, score.logs)
    used = sum((score.used for score in scores), ResourceUse())
    flags = tuple(dict.fromkeys(flag for score in scores for flag in score.flags))
    predictions = {
        name_of(check): score.prediction for check, score in zip(task.checks, scores, strict=True) if score.prediction
    }
    return GradingResult(verdict=verdict, checks=checks, logs=logs, used=used, flags=flags, predictions=predictions)


def compute_verdict(
    task: HiddenTask,
    scores: Sequence[CheckScore],
    kept: Mapping[str, CheckResult] = MappingProxyType({}),
    metrics: Mapping[str, float] = MappingProxyType({}),
) -> Verdict:
    measured = dict(metrics) if kept else {}
    for each in scores:
        measured |= each.metrics
    results = [
        kept.get(name_of(check)) or _result(check, score) for check, score in zip(task.checks, scores, strict=True)
    ]
    return verdict_of(results, task.pass_score, measured)


def all_failed(task: HiddenTask, reason: str) -> GradingResult:
    """Every check fails for the same reason, because there is no output to check."""
    return grading_result(task, [failed(reason) for _ in task.checks])


def _result(check: AnyCheck, score: CheckScore) -> CheckResult:
    return CheckResult(
        name=name_of(check),
        kind=kind_of(check),
        passed=score.passed,
        score=score.score,
        weight=check.weight,
        message=score.message,
        tier=check.tier,
        required=check.required,
        gate=check.gate,
        needs_review=score.needs_review,
        form=score.form,
    )
