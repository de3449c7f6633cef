"""From an output to a verdict: every check made, their results weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assay.contracts.results import CheckOutput
from assay.contracts.tasks import AnyCheck, Choice, Exact, HiddenTask, JsonFields, Numeric, Regex, Tests
from assay.contracts.verdicts import CheckResult, Outcome, Verdict
from assay.files import Files
from services.judge.checks import choice, exact, json_fields, numeric, regex, tests
from services.judge.checks.finding import Finding
from services.judge.checks.regex import Search
from services.judge.checks.tests import Log, TestBench, joined
from services.judge.errors import HiddenUnusable
from services.judge.hidden import Hidden
from services.judge.outputs import Output


class Tools(Protocol):
    """What checks need besides the output."""

    @property
    def searcher(self) -> Search: ...
    @property
    def bench(self) -> TestBench: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """``checks`` is what each check saw, in the task's order. ``logs`` are what running tests left behind, by artifact
    name; none for checks of answers."""

    verdict: Verdict
    checks: tuple[CheckOutput, ...] = ()
    logs: dict[str, Log] = field(default_factory=dict[str, Log])


async def grade(
    hidden: Hidden, sample_id: str, output: Output, tools: Tools, wish: str = "", run_id: str = ""
) -> Graded:
    """``wish`` is the kind of sandbox that the run asks for; runs wait for their turns at the tests.

    Raises JudgeError and SandboxError where the judge is at fault; whatever the output does is in the verdict."""
    findings: list[Finding] = []
    logs: dict[str, Log] = {}
    for check in hidden.task.checks:
        if isinstance(check, Tests):
            found, written = await tests.check(check, hidden, _files(check, output), tools.bench, wish, run_id)
            logs = joined(logs, written)
        else:
            expected = _expected(hidden.task, check, sample_id)
            found = await _answer(check, _text(check, output), expected, tools.searcher)
        findings.append(found)
    return graded(hidden.task, findings, logs)


def graded(task: HiddenTask, findings: Sequence[Finding], logs: dict[str, Log] | None = None) -> Graded:
    verdict = weigh(task, findings)
    checks = tuple(
        CheckOutput(result=result, metrics=finding.metrics, tests=finding.tests)
        for result, finding in zip(verdict.checks, findings, strict=True)
    )
    return Graded(verdict=verdict, checks=checks, logs=logs or {})


def weigh(task: HiddenTask, findings: Sequence[Finding]) -> Verdict:
    """Passed when every check passed and the weighted mean of scores reaches the task's ``pass_score``."""
    weights = [check.weight for check in task.checks]
    total = sum(weights)
    earned = sum(weight * finding.score for weight, finding in zip(weights, findings, strict=True))
    score = min(1.0, max(0.0, earned / total)) if total else 0.0
    passed = all(finding.passed for finding in findings) and score >= task.pass_score
    metrics: dict[str, float] = {}
    for finding in findings:
        metrics |= finding.metrics
    results = tuple(map(_result, task.checks, findings))
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    return Verdict(outcome=outcome, score=score, reason=_reason(passed, results), checks=results, metrics=metrics)


def refusal(task: HiddenTask, reason: str) -> Graded:
    """Every check failed for the same reason: there was nothing they could look at."""
    return graded(task, [Finding(passed=False, score=0.0, message=reason) for _ in task.checks])


async def _answer(check: AnyCheck, answer: str, expected: Any, searcher: Search) -> Finding:
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
            return await regex.check(check, answer, searcher)
        case Tests():
            raise HiddenUnusable("check 'tests' grades files, not an answer")


def _expected(task: HiddenTask, check: AnyCheck, sample_id: str) -> Any:
    if sample_id not in task.expected and not isinstance(check, Regex):
        raise HiddenUnusable(f"task {task.task_id!r} says nothing of what is expected for sample {sample_id!r}")
    return task.expected.get(sample_id)


def _files(check: Tests, output: Output) -> Files:
    if isinstance(output, str):
        raise HiddenUnusable(f"check {_name(check)!r} grades files, but the task's solver hands in an answer")
    return output


def _text(check: AnyCheck, output: Output) -> str:
    if not isinstance(output, str):
        raise HiddenUnusable(f"check {_name(check)!r} grades an answer, but the task's solver hands in files")
    return output


def _result(check: AnyCheck, finding: Finding) -> CheckResult:
    return CheckResult(
        name=_name(check),
        kind=str(check.__struct_config__.tag),
        passed=finding.passed,
        score=finding.score,
        weight=check.weight,
        message=finding.message,
    )


def _name(check: AnyCheck) -> str:
    return check.name or str(check.__struct_config__.tag)


def _reason(passed: bool, results: tuple[CheckResult, ...]) -> str:
    if passed:
        return ""
    failed = [result for result in results if not result.passed]
    if not failed:
        return "the score is below what passes"
    return "; ".join(f"{result.name}: {result.message}" for result in failed)[:1000]
