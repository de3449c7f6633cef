"""Weights, tiers, gates and reviews: how checks make a verdict."""

from __future__ import annotations

import pytest

from assay.contracts.checks import (
    AnyCheck,
    Choice,
    Classification,
    Exact,
    JsonFields,
    Numeric,
    Regression,
    Reveal,
    Review,
    ReviewCriterion,
    Rule,
    RuleKind,
    Rules,
    Telemetry,
    Tier,
    Tolerance,
)
from assay.contracts.run_metrics import MAX_METRIC, Prediction
from assay.contracts.tasks import HiddenTask, Solver
from assay.contracts.verdicts import Outcome
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.checks.regex_worker import RegexWorker
from services.judge.grading.grade import GradingResult, grade
from tests.judge.harness import RealTools, grade_answer

REVIEW = Review(criteria=(ReviewCriterion(id="style", text="Is it well written?"),))


async def graded(
    *checks: AnyCheck, tools: RealTools, answer: str = "cat", pass_score: float = 1.0, reveal: Reveal = Reveal.NAMES
) -> GradingResult:
    task = HiddenTask(
        task_id="t",
        digest="0" * 64,
        solver=Solver.ANSWER,
        checks=checks,
        pass_score=pass_score,
        reveal=reveal,
        expected={"main": "cat"},
    )
    return await grade(HiddenBundle(task=task, files={}), "main", answer, tools)


def rules(*given: Rule, **options: object) -> Rules:
    return Rules(rules=given, **options)  # pyright: ignore[reportArgumentType]


async def test_checks_that_are_not_required_only_change_the_score(tools: RealTools) -> None:
    short = rules(Rule(rule=RuleKind.MAX_LENGTH, value=2), required=False, name="short")
    result = await graded(Exact(weight=3), short, tools=tools, pass_score=0.7)
    assert (result.verdict.outcome, result.verdict.score) == (Outcome.PASSED, 0.75)
    strict = await graded(Exact(weight=3), short, tools=tools, pass_score=0.8)
    assert (strict.verdict.outcome, strict.verdict.reason) == (
        Outcome.FAILED,
        "the score is below the task's pass score",
    )


async def test_a_failed_gate_ends_the_grading_with_0(tools: RealTools) -> None:
    gate = Choice(options=("cat", "dog"), name="names a pet", gate=True)
    result = await graded(Exact(ignore_case=True), gate, REVIEW, tools=tools, answer="bird")
    messages = [each.message for each in result.verdict.checks]
    assert messages[2] == "not run, because names a pet failed"
    assert (result.verdict.outcome, result.verdict.score) == (Outcome.FAILED, 0.0)
    right = await graded(Exact(), gate, tools=tools)
    assert (right.verdict.outcome, right.verdict.score) == (Outcome.PASSED, 1.0)


async def test_a_gate_takes_the_score_of_checks_that_passed_before_it(tools: RealTools) -> None:
    gate = rules(Rule(rule=RuleKind.MAX_LENGTH, value=2), gate=True, name="short")
    result = await graded(Exact(), gate, tools=tools)
    assert [each.passed for each in result.verdict.checks] == [True, False]
    assert (result.verdict.outcome, result.verdict.score) == (Outcome.FAILED, 0.0)


async def test_checks_run_tier_by_tier_and_are_listed_in_the_tasks_order(tools: RealTools) -> None:
    gate = Choice(options=("cat", "dog"), gate=True)
    result = await graded(REVIEW, gate, tools=tools, answer="bird")
    assert [each.tier for each in result.verdict.checks] == [Tier.REVIEW, Tier.DETERMINISTIC]
    assert result.verdict.checks[0].message == "not run, because choice failed"


async def test_a_review_that_is_open_leaves_the_verdict_open(tools: RealTools) -> None:
    result = await graded(Exact(), REVIEW, tools=tools)
    assert result.verdict.outcome is Outcome.NEEDS_REVIEW
    assert result.verdict.reason == "review: waits for a reviewer"
    assert result.verdict.score == 0.5


async def test_evidence_is_revealed_as_far_as_the_task_says(tools: RealTools) -> None:
    shown = {
        reveal: (await graded(Exact(), tools=tools, answer="dog", reveal=reveal)).checks[0].evidence
        for reveal in Reveal
    }
    assert [shown[each].expected for each in Reveal] == ["", "", "cat"]
    assert shown[Reveal.ALL].submitted == "dog"


@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        (Rule(field="a.b", rule=RuleKind.PRESENT), True),
        (Rule(field="a.x", rule=RuleKind.PRESENT), False),
        (Rule(field="a.x", rule=RuleKind.ABSENT), True),
        (Rule(field="a.empty", rule=RuleKind.PRESENT), False),
        (Rule(field="a.b", rule=RuleKind.EQUALS, value=2), True),
        (Rule(field="a.b", rule=RuleKind.EQUALS, value=True), False),
        (Rule(field="name", rule=RuleKind.EQUALS, value="ada"), True),
        (Rule(field="a.b", rule=RuleKind.ONE_OF, value=[1, 2]), True),
        (Rule(field="list", rule=RuleKind.CONTAINS, value="x"), True),
        (Rule(field="list", rule=RuleKind.LACKS, value="x"), False),
        (Rule(field="list.1", rule=RuleKind.EQUALS, value="y"), True),
        (Rule(field="list.9", rule=RuleKind.PRESENT), False),
        (Rule(field="list", rule=RuleKind.MIN_LENGTH, value=2), True),
        (Rule(field="list", rule=RuleKind.MAX_LENGTH, value=1), False),
        (Rule(field="a.b", rule=RuleKind.AT_LEAST, value=2), True),
        (Rule(field="a.b", rule=RuleKind.AT_MOST, value=1.5), False),
        (Rule(field="name", rule=RuleKind.AT_MOST, value=1.5), False),
        (Rule(field="name", rule=RuleKind.MATCHES, value="^A.a$"), True),
        (Rule(rule=RuleKind.CONTAINS, value="hello"), True),
        (Rule(rule=RuleKind.MIN_WORDS, value=3), True),
        (Rule(rule=RuleKind.MAX_WORDS, value=2), False),
    ],
)
async def test_rule(tools: RealTools, rule: Rule, passes: bool) -> None:
    answer = 'Hello you: {"a": {"b": 2, "empty": ""}, "name": "Ada", "list": ["x", "y"]}'
    assert (await grade_answer(rules(rule, ignore_case=True), answer, None, tools.regex)).passed is passes


async def test_broken_rules_are_named_with_their_weights(tools: RealTools) -> None:
    check = rules(
        Rule(field="score", rule=RuleKind.AT_LEAST, value=5, weight=3, message="the score is too low"),
        Rule(field="name", rule=RuleKind.EQUALS, value="secret"),
    )
    found = await grade_answer(check, '{"score": 9, "name": "x"}', None, tools.regex)
    assert (found.score, found.message) == (0.75, "broken: name: equals")
    assert "secret" not in found.message
    nothing = await grade_answer(check, "no json", None, tools.regex)
    assert nothing.message == "the text contains no complete JSON object; broken: the score is too low; name: equals"


async def test_telemetry_reports_the_errors_and_their_mean() -> None:
    regex = RegexWorker()
    expected = {"mean": 2.0, "min": 1.0, "max": 4.0}
    found = await grade_answer(Telemetry(), '{"mean": 2.5, "min": 1, "max": 5}', expected, regex)
    assert found.metrics == {
        "mean_abs_err": 0.5,
        "min_abs_err": 0.0,
        "max_abs_err": 1.0,
        "ok": 1.0,
        "performance": 0.5,
    }
    unreadable = await grade_answer(Telemetry(), '{"mean": 2.5, "min": "low"}', expected, regex)
    assert (unreadable.metrics["ok"], "performance" in unreadable.metrics) == (0.0, False)


@pytest.mark.parametrize(
    ("answer", "passed", "predicted"),
    [("Positive.", True, "positive"), ("negative", False, "negative"), ("I cannot say", False, None)],
)
async def test_a_label_is_kept_for_the_metrics_of_the_set(
    answer: str, passed: bool, predicted: str | None, tools: RealTools
) -> None:
    check = Classification(classes=("positive", "negative"), positive="positive")
    found = await grade_answer(check, answer, "positive", tools.regex)
    assert found.passed is passed
    assert found.prediction == Prediction(expected="positive", predicted=predicted, positive="positive")


@pytest.mark.parametrize(("answer", "predicted"), [("2.4", 2.4), ("about two", None)])
async def test_a_number_is_kept_for_the_metrics_of_the_set(
    answer: str, predicted: float | None, tools: RealTools
) -> None:
    found = await grade_answer(Regression(tolerance=Tolerance(absolute=0.1)), answer, 2.5, tools.regex)
    assert found.prediction == Prediction(expected=2.5, predicted=predicted)


@pytest.mark.parametrize(
    "check", [Numeric(), Regression(), Telemetry(fields=("mean",))], ids=lambda check: type(check).__name__
)
async def test_errors_of_any_size_are_metrics_that_can_be_stored_and_summed(check: AnyCheck, tools: RealTools) -> None:
    answer, expected = ('{"mean": 1e308}', {"mean": -1e308}) if isinstance(check, Telemetry) else ("1e308", -1e308)
    found = await grade_answer(check, answer, expected, tools.regex)
    assert max(found.metrics.values()) == MAX_METRIC


async def test_a_text_check_of_a_file_needs_its_name(tools: RealTools) -> None:
    check = JsonFields(fields=("a",), file="other.json")
    task = HiddenTask(
        task_id="t",
        digest="0" * 64,
        solver=Solver.FILES,
        outputs=("*",),
        checks=(check,),
        expected={"main": {"a": 1}},
    )
    bundle = HiddenBundle(task=task, files={})
    right = await grade(bundle, "main", {"other.json": b'{"a": 1}'}, tools)
    assert right.verdict.outcome is Outcome.PASSED
    missing = await grade(bundle, "main", {"another.json": b'{"a": 1}'}, tools)
    assert missing.verdict.reason == "json_fields: the file other.json was not submitted"
