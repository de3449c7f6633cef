"""What a task reveals of its hidden tests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from assay.contracts.checks import Reveal
from assay.contracts.codec import encode
from assay.contracts.results import TestOutput
from services.judge.grading.grade import GradingResult, grade
from tests.judge.harness import RealTools, hidden_tests

TEST = """
import solution

SECRET = "no source of a test is shown"

def test_double():
    assert solution.double(4) == 8

def test_named():
    assert solution.double(1) == 2, "the double of 1 is 2"
"""
NAMES = ("test_a.py::test_double", "test_a.py::test_named")


async def graded(tools: RealTools, reveal: Reveal) -> GradingResult:
    hidden = hidden_tests({"test_a.py": TEST}, NAMES)
    bundle = replace(hidden, task=structs.replace(hidden.task, reveal=reveal))
    return await grade(bundle, "main", {"solution.py": b"def double(x): return 7"}, tools)


@pytest.mark.parametrize("reveal", list(Reveal))
async def test_assertion_messages_are_shown_if_the_task_says_so(tools: RealTools, reveal: Reveal) -> None:
    result = await graded(tools, reveal)
    tests: tuple[TestOutput, ...] = result.checks[0].tests
    assert [(test.name, test.error) for test in tests] == [(name, "AssertionError") for name in NAMES]
    shown = [test.message for test in tests]
    if reveal is Reveal.NAMES:
        assert shown == ["", ""]
    else:
        assert "7 == 8" in shown[0] and "the double of 1 is 2" in shown[1]
    stored = encode(result.checks) + encode(result.verdict) + b"".join(log.data for log in result.logs.values())
    assert b"no source of a test" not in stored
