"""Submitted code scores 0 whatever it does, unless it does what the tests require. Each file in ``cheats/`` is one
attack; all files it submits are declared as outputs, which is more than a task would allow."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from assay.contracts.verdicts import Outcome
from services.judge.grading.grade import GradingResult, grade
from tests.judge.fakes import ShortProvider
from tests.judge.harness import RealTools, hidden_tests

CHEATS = sorted(Path(__file__).with_name("cheats").glob("*.txt"))
NAMES = ("test_double", "test_ordered", "test_approx", "test_error", "test_with")
TEST = """
import pytest
import solution

def test_double():
    assert solution.double(21) == 42
    assert solution.double(4) in (8,)

def test_ordered():
    assert solution.ordered([3, 1, 2]) == [1, 2, 3]
    assert all(value == 2 for value in map(solution.double, [1])) and solution.double(5) == 10

def test_approx():
    assert solution.double(0.1) == pytest.approx(0.2)
    assert abs(solution.double(1.5) - 3.0) < 1e-9

def test_error():
    with pytest.raises(ValueError):
        solution.double("x")
    assert solution.double(0) == 0

def test_with():
    with solution.Box() as box:
        assert box.get() == 5
        assert len(box) == 1
"""
HONEST = """
class Box:
    def __enter__(self):
        return self
    def __exit__(self, *error):
        return False
    def __len__(self):
        return 1
    def get(self):
        return 5

def double(n):
    if isinstance(n, str):
        raise ValueError(n)
    return 2 * n

def ordered(values):
    return sorted(values)
"""


def files_of(text: str) -> dict[str, bytes]:
    parts = re.split(r"^--- (\S+)\n", text, flags=re.MULTILINE)[1:]
    return {path: content.encode() for path, content in zip(parts[::2], parts[1::2], strict=True)}


async def graded(files: dict[str, bytes], tools: RealTools) -> GradingResult:
    hidden = hidden_tests({"test_hidden.py": TEST}, tuple(f"test_hidden.py::{name}" for name in NAMES))
    return await grade(hidden, "main", files, tools)


async def test_a_correct_solution_passes_the_same_tests(tools: RealTools) -> None:
    result = await graded({"solution.py": HONEST.encode()}, tools)
    assert result.verdict.outcome is Outcome.PASSED, result
    assert result.verdict.score == 1.0


@pytest.mark.slow
async def test_every_cheat_scores_0(tools: RealTools) -> None:
    assert len(CHEATS) >= 25
    tools_with_short_limits = tools.with_provider(ShortProvider(wall_seconds=20.0), call_seconds=2.0)
    async with asyncio.timeout(280):
        results = await asyncio.gather(
            *(graded(files_of(path.read_text()), tools_with_short_limits) for path in CHEATS)
        )
    failures = {
        path.stem: (result.verdict, result.logs)
        for path, result in zip(CHEATS, results, strict=True)
        if result.verdict.outcome is not Outcome.FAILED or result.verdict.score or not result.verdict.reason
    }
    assert not failures
