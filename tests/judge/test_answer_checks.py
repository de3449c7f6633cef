"""Checks of answers, case by case, and with arbitrary bytes."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.answers.json_reader import last_object
from assay.contracts.checks import AnyCheck, Choice, Exact, JsonFields, Numeric, Regex, Tolerance
from assay.contracts.tasks import HiddenTask, Solver
from assay.contracts.verdicts import Outcome
from services.judge.checks import choice, exact, json_fields, numeric
from services.judge.checks.check_result import CheckScore
from services.judge.checks.regex_worker import RegexWorker
from services.judge.grading.grade import compute_verdict

TEAMS = Choice(options=("billing", "technical", "account access", "access"))
STATS = Numeric(fields=("mean", "max"), tolerance=Tolerance(absolute=0.01))
EXPECTED = {"mean": 2.5, "max": 4}
ADDRESS = JsonFields(fields=("city", "open", "tags"))
PLACE = {"city": "Oslo", "open": True, "tags": ["a", {"n": 1}]}


@pytest.mark.parametrize(
    ("check", "answer", "passes"),
    [
        (Exact(), "  Paris\n", True),
        (Exact(), "paris", False),
        (Exact(ignore_case=True), "PARIS", True),
        (Exact(), "Paris!", False),
        (Exact(), "", False),
        (Exact(), "Pa\x00ris", False),
    ],
)
def test_exact(check: Exact, answer: str, passes: bool) -> None:
    assert exact.compare(check, answer, "Paris").passed is passes


@pytest.mark.parametrize(
    ("answer", "expected", "passes"),
    [
        ("billing", "billing", True),
        ('"Billing"', "billing", True),
        ("The team is billing.", "billing", True),
        ("**billing**, yes billing", "billing", True),
        ("billing or technical", "billing", False),
        ("technical", "billing", False),
        ("rebilling", "billing", False),
        ("non-billing", "billing", False),
        ("billing_team", "billing", False),
        ("Account   access", "account access", True),
        ("account access", "access", False),
        ("access", "access", True),
        ("access, not account access", "access", True),
        ("", "billing", False),
        ("\x00" * 1000, "billing", False),
    ],
)
def test_choice(answer: str, expected: str, passes: bool) -> None:
    assert choice.compare(TEAMS, answer, expected).passed is passes


def test_options_that_differ_by_case_alone_are_distinguished() -> None:
    check = Choice(options=("US", "us"))
    assert choice.compare(check, "it is US", "US").passed
    assert not choice.compare(check, "it is us", "US").passed


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ('{"mean": 2.5, "max": 4}', 1.0),
        ('Sure!\n```json\n{"mean": 2.51, "max": 4.0}\n```\nHope it helps {you}.', 1.0),
        ('{"mean": 1, "max": 1} then {"mean": 2.5, "max": 4}', 1.0),
        ('{"mean": 2.5, "max": 4} and {"other": 1}', 1.0),
        ('{"mean": 2.52, "max": 4}', 0.5),
        ('{"mean": 2.5}', 0.5),
        ('{"mean": "2.5", "max": true}', 0.0),
        ('{"mean": NaN, "max": Infinity}', 0.0),
        ('{"mean": 1' + "0" * 5000 + ', "max": 4}', 0.5),
        ('{"result": {"mean": 2.5, "max": 4}}', 0.0),
        ("[2.5, 4]", 0.0),
        ("2.5", 0.0),
    ],
)
def test_numeric_fields(answer: str, score: float) -> None:
    result = numeric.compare(STATS, answer, EXPECTED)
    assert result.score == score
    assert result.passed is (score == 1.0)
    assert bool(result.message) is (score < 1.0)
    assert "4" not in result.message or "4" in answer


def test_metrics_have_the_errors_of_readable_fields() -> None:
    result = numeric.compare(STATS, '{"mean": 3, "max": "four"}', EXPECTED)
    assert result.metrics == {"mean_abs_err": 0.5, "ok": 0.0}
    assert numeric.compare(STATS, '{"mean": 2, "max": 4}', EXPECTED).metrics == {
        "mean_abs_err": 0.5,
        "max_abs_err": 0.0,
        "ok": 1.0,
    }


def test_tolerance_is_relative_or_absolute_and_includes_its_edge() -> None:
    assert numeric.compare(Numeric(tolerance=Tolerance(absolute=0.1)), "0.3", 0.2).passed
    assert not numeric.compare(Numeric(tolerance=Tolerance(absolute=0.1)), "0.3000001", 0.2).passed
    assert numeric.compare(Numeric(tolerance=Tolerance(relative=0.01)), "1010", 1000).passed
    assert not numeric.compare(Numeric(), "0.1000000001", 0.1).passed


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (json.dumps(PLACE), 1.0),
        (json.dumps({**PLACE, "tags": ["a", {"n": 1.0}], "more": 1}), 1.0),
        (json.dumps({**PLACE, "open": 1}), 2 / 3),
        (json.dumps({**PLACE, "tags": ["a", {"n": True}]}), 2 / 3),
        (json.dumps({"city": "Oslo"}), 1 / 3),
        ("Oslo", 0.0),
    ],
)
def test_json_fields(answer: str, score: float) -> None:
    result = json_fields.compare(ADDRESS, answer, PLACE)
    assert result.score == pytest.approx(score)
    assert result.passed is (score == 1.0)


@pytest.fixture
async def regex() -> AsyncIterator[RegexWorker]:
    made = RegexWorker(cpu_seconds=0.4)
    yield made
    await made.close()


async def test_regex(regex: RegexWorker) -> None:
    assert await regex.search(r"\bcat\b", "a cat sat") is True
    assert await regex.search("^a.c$", "a\nc") is False
    assert await regex.search("x", "é\x00\ud800x") is True
    assert await regex.search("b+$", "a" * 1_000_000) is False


async def test_a_catastrophic_search_is_killed_and_the_next_one_works(regex: RegexWorker) -> None:
    async with asyncio.timeout(50):
        assert await regex.search(r"(a+)+$", "a" * 60 + "b") is None
    assert await regex.search("a", "a") is True


BOMBS = {
    "braces": "{" * 900_000,
    "arrays": "[" * 900_000,
    "nested": '{"a":' * 180_000,
    "long tails": '{"a":' * 900 + "[1" + ",1" * 400_000,
    "keys": '{"a":1,' * 130_000,
    "quotes": '{"' * 450_000,
    "empty objects": "{}" * 450_000,
    "thousands": "1,111" * 180_000,
    "digits": "1" * 900_000,
    "dashes": "-" * 900_000,
    "NULs": "\x00" * 900_000,
    "options": "billing " * 110_000,
    "spaces": "account" + " " * 900_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_large_hostile_answers_are_graded_in_bounded_time(name: str) -> None:
    text = BOMBS[name]
    started = time.process_time()
    checks: list[CheckScore] = [
        exact.compare(Exact(), text, "x"),
        choice.compare(TEAMS, text, "technical"),
        numeric.compare(Numeric(), text, 7),
        numeric.compare(STATS, text, EXPECTED),
        json_fields.compare(ADDRESS, text, PLACE),
    ]
    assert not any(result.passed for result in checks)
    assert time.process_time() - started < 60.0, "quadratic time would be minutes"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
PROSE = st.text().map(lambda text: text.replace("{", "("))


@given(PROSE, st.dictionaries(st.text(), JSON, max_size=4), PROSE)
def test_an_object_is_found_in_any_prose(before: str, value: dict[str, Any], after: str) -> None:
    assert last_object(before + json.dumps(value) + after, ()) == value


@given(JSON)
def test_json_values_equal_themselves(value: Any) -> None:
    assert json_fields.same(json.loads(json.dumps(value)), value)


@given(st.text() | st.from_regex(r"[-+.,eE0-9{}\"a: ]*"))
def test_no_answer_makes_a_check_raise(text: str) -> None:
    for result in (
        exact.compare(Exact(), text, "x"),
        choice.compare(TEAMS, text, "billing"),
        numeric.compare(Numeric(), text, 1.5),
        numeric.compare(STATS, text, EXPECTED),
        json_fields.compare(ADDRESS, text, PLACE),
    ):
        assert 0.0 <= result.score <= 1.0
        assert all(math.isfinite(value) for value in result.metrics.values())


def task(*checks: AnyCheck, pass_score: float = 1.0) -> HiddenTask:
    return HiddenTask(task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=checks, pass_score=pass_score)


def test_scores_are_averaged_by_weight_and_passing_needs_every_check() -> None:
    subject = task(Exact(weight=3, name="a"), Regex(pattern="x", weight=1), pass_score=0.5)
    right, wrong = CheckScore(passed=True, score=1.0), CheckScore(passed=False, score=0.0, message="no")
    verdict = compute_verdict(subject, [right, wrong])
    assert (verdict.outcome, verdict.score, verdict.reason) == (Outcome.FAILED, 0.75, "regex: no")
    assert compute_verdict(subject, [right, right]).outcome is Outcome.PASSED
    assert [check.name for check in verdict.checks] == ["a", "regex"]
