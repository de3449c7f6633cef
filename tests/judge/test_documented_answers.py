"""The tables in docs/tasks.md that explain how answers are read, run through the code that reads them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from assay.answers.json_reader import last_object
from assay.contracts.checks import Choice, Exact, NumberUnit
from services.judge.checks.regex_worker import RegexWorker
from services.judge.readers.number_reader import read_number
from services.runner.models.reasoning import separate_reasoning
from tests.judge.harness import grade_answer

PAGE = (Path(__file__).parents[2] / "docs/tasks.md").read_text()
SECTION = PAGE.split("## How answers are read")[1].split("\n## ")[0]
_CELL = re.compile(r"(?<!\\)\|")


def table(first: str, second: str) -> list[list[str]]:
    """The rows of the table with these first two column heads, without code marks."""
    block = next(block for block in SECTION.split("\n\n") if block.startswith(f"| {first} | {second} |"))
    lines = block.splitlines()[2:]
    return [[cell.strip().strip("`").replace("\\|", "|") for cell in _CELL.split(line)[1:-1]] for line in lines]


@pytest.fixture
async def regex() -> AsyncIterator[RegexWorker]:
    worker = RegexWorker()
    yield worker
    await worker.close()


@pytest.mark.parametrize(("response", "answer", "rule"), table("response", "answer"))
def test_reasoning(response: str, answer: str, rule: str) -> None:
    assert separate_reasoning(response).text.strip() == answer, rule


@pytest.mark.parametrize(("answer", "chosen", "rule"), table("answer", "choice"))
async def test_choice(answer: str, chosen: str, rule: str, regex: RegexWorker) -> None:
    options = ("A", "B", "C", "D")
    passed = [o for o in options if (await grade_answer(Choice(options=options), answer, o, regex)).passed]
    assert passed == ([] if chosen == "none" else [chosen]), rule


@pytest.mark.parametrize(("answer", "number", "check", "rule"), table("answer", "number"))
def test_number(answer: str, number: str, check: str, rule: str) -> None:
    options = dict([check.split(": ")]) if check else {}
    value = read_number(answer, options.get("locale", "en"), NumberUnit(options.get("unit", "number"))).value
    assert value == (None if number == "none" else float(number)), rule


@pytest.mark.parametrize(("answer", "expected", "check", "passes", "rule"), table("answer", "expected"))
async def test_text(answer: str, expected: str, check: str, passes: str, rule: str, regex: RegexWorker) -> None:
    options = msgspec.yaml.decode(check) if check else {}
    score = await grade_answer(msgspec.convert(options, Exact), answer, expected, regex)
    assert score.passed is (passes == "yes"), rule


@pytest.mark.parametrize(("answer", "found", "rule"), table("answer", "object"))
def test_json(answer: str, found: str, rule: str) -> None:
    assert last_object(answer, ("a",)) == (None if found == "none" else json.loads(found)), rule
