"""pytest tests of a compiled submission, through a driver; and what goes wrong with drivers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import structs

from assay.contracts.checks import Tests
from assay.contracts.frameworks import Framework
from assay.contracts.verdicts import Outcome
from assay.files import Files
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.grade import GradingResult, grade
from tests.cheats.harness import FOLDER, require_program
from tests.judge.harness import RealTools, hidden_tests, only_check

GO = FOLDER / "go"
TEST = """
import pytest

def test_values(candidate):
    cache = candidate.call("new", 2)
    candidate.call("put", cache, "ü", 3)
    assert candidate.call("get", cache, "ü") == 3 and candidate.call("keys", cache) == ["ü"]

def test_errors(candidate):
    cache = candidate.call("new", 2)
    with pytest.raises(candidate.Error, match='no key "z"') as caught:
        candidate.call("get", cache, "z")
    assert caught.value.kind == "KeyError"
    with pytest.raises(KeyError):
        candidate.call("get", cache, "z")
    with pytest.raises(candidate.Error, match="no operation"):
        candidate.call("nothing")
    with pytest.raises(candidate.Error, match="3 arguments instead of 2"):
        candidate.call("get", cache, "z", 1)
    with pytest.raises(candidate.Error, match="there is no object 9"):
        candidate.call("keys", 9)
"""
NAMES = ("test_values", "test_errors")


def source(*names: str) -> Files:
    return {Path(name).name: (GO / name).read_bytes() for name in names}


def with_driver(
    test: str, driver: Mapping[str, bytes], *names: str, framework: Framework = Framework.PYTEST
) -> HiddenBundle:
    file = "test_hidden.py" if framework is Framework.PYTEST else "hidden_test.go"
    expected = tuple(f"{file}::{name}" if framework is Framework.PYTEST else name for name in names)
    hidden = hidden_tests({file: test}, expected)
    check = Tests(expected=expected, driver="driver", framework=framework)
    files = {**hidden.files, **{f"driver/{path}": content for path, content in driver.items()}}
    return HiddenBundle(task=structs.replace(hidden.task, checks=(check,)), files=files)


async def graded(hidden: HiddenBundle, submitted: Files, tools: RealTools) -> GradingResult:
    require_program("go")
    return await grade(hidden, "main", submitted, tools)


async def test_pytest_calls_operations_of_a_driver(tools: RealTools) -> None:
    hidden = with_driver(TEST, source("driver/main.go"), *NAMES)
    result = await graded(hidden, source("reference/lru.go"), tools)
    assert result.verdict.outcome is Outcome.PASSED, result


async def test_a_submission_that_does_not_compile_fails_with_the_compilers_errors(tools: RealTools) -> None:
    hidden = with_driver(TEST, source("driver/main.go"), *NAMES)
    result = await graded(hidden, {"lru.go": b"package lru\n\nfunc New() { undefined() }\n"}, tools)
    message = only_check(result).message
    assert result.verdict.outcome is Outcome.FAILED
    assert "the submitted code does not compile: ./lru.go:3:14: undefined: undefined" in message
    assert b"undefined: undefined" in result.logs["judge.stderr"].data


async def test_hidden_tests_that_do_not_compile_are_an_error_of_the_task(tools: RealTools) -> None:
    test = 'package tests\n\nimport "testing"\n\nfunc TestNothing(t *testing.T) { nothing() }\n'
    hidden = with_driver(test, source("driver/main.go"), "TestNothing", framework=Framework.GO)
    with pytest.raises(HiddenBundleInvalid, match=r"hidden tests do not compile: .*hidden_test.go:5:34"):
        await graded(hidden, source("reference/lru.go"), tools)


async def test_a_driver_without_a_program_is_an_error_of_the_task(tools: RealTools) -> None:
    with pytest.raises(HiddenBundleInvalid, match=r"no main.go, main.rs or C\+\+ source file"):
        await graded(with_driver(TEST, {"notes.txt": b""}, *NAMES), source("reference/lru.go"), tools)
