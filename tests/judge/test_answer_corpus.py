"""How answers are read: every row of tests/corpus goes through the grading that runs use."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.answers.json_reader import last_object
from assay.contracts.checks import AnyCheck, Choice, NumberUnit, Numeric, Tolerance
from services.judge.checks.regex_worker import RegexWorker
from tests.judge.harness import grade_answer

CORPUS = Path(__file__).parents[1] / "corpus"


def groups(name: str) -> list[dict[str, Any]]:
    return msgspec.yaml.decode((CORPUS / f"{name}.yaml").read_bytes())


@pytest.fixture
async def regex() -> AsyncIterator[RegexWorker]:
    worker = RegexWorker()
    yield worker
    await worker.close()


CHOICES = [(tuple(group["options"]), *row) for group in groups("choice") for row in group["rows"]]


@pytest.mark.parametrize(("options", "answer", "chosen", "reason"), CHOICES)
async def test_choice(
    options: tuple[str, ...], answer: str, chosen: str | None, reason: str, regex: RegexWorker
) -> None:
    for expected in options:
        score = await grade_answer(Choice(options=options), answer, expected, regex)
        assert score.passed is (expected == chosen), f"{reason}: {score.message}"


NUMBERS = [
    (group.get("locale", "en"), group.get("unit", "number"), *row)
    for group in groups("numbers")
    for row in group["rows"]
]


@pytest.mark.parametrize(("locale", "unit", "answer", "number", "reason"), NUMBERS)
async def test_number(
    locale: str, unit: str, answer: str, number: float | None, reason: str, regex: RegexWorker
) -> None:
    check = Numeric(locale=locale, unit=NumberUnit(unit), tolerance=Tolerance(relative=1e-12))
    score = await grade_answer(check, answer, 123456.789 if number is None else number, regex)
    assert score.passed is (number is not None), f"{reason}: {score.message}"
    assert (score.metrics["ok"] == 1.0) is score.passed


def test_nan_and_infinity_are_numbers() -> None:
    found = last_object('{"a": NaN, "b": -Infinity}', ())
    assert found is not None
    assert math.isnan(found["a"])
    assert found["b"] == -math.inf


@pytest.mark.parametrize(("text", "value", "reason"), [row for group in groups("json") for row in group["rows"]])
def test_json(text: str, value: dict[str, Any] | None, reason: str) -> None:
    assert last_object(text, ("a", "b")) == value, reason


@pytest.mark.parametrize(
    ("check", "expected", "answer", "passes", "reason"), [row for group in groups("text") for row in group["rows"]]
)
async def test_text(
    check: dict[str, Any], expected: Any, answer: str, passes: bool, reason: str, regex: RegexWorker
) -> None:
    score = await grade_answer(msgspec.convert(check, AnyCheck), answer, expected, regex)
    assert score.passed is passes, reason
    assert bool(score.message) is not passes
