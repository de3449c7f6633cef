"""Test programs of ``go test -c``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .results import Result, crashed
from .test_process import Ended

_RESULT = re.compile(r"^\x16--- (PASS|FAIL|SKIP): (\S+) \(([\d.]+)s\)$", re.MULTILINE)
"""Marked as ``-test.v=test2json`` does it. What tests log is indented, so a text of the candidate that they log is no
result."""
_ENDED = (0, 1)
"""Exit codes of a program that has reported all of its tests."""
_OUTCOMES = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}


class _Line(NamedTuple):
    word: str
    name: str
    seconds: str


def list_command(program: str) -> Sequence[str]:
    return (program, "-test.list", "^Test")


def listed(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("Test")]


def run_command(program: str, test: str) -> Sequence[str]:
    return (program, "-test.run", f"^{re.escape(test)}$", "-test.v=test2json", "-test.count=1")


def results(program: str, test: str, ended: Ended) -> list[Result]:
    """Of a test with subtests, those that have none themselves. If one fails although its subtests pass, they fail; if
    the program breaks off, all do, because nothing contradicts then what the candidate made it print."""
    lines = [_Line(*found) for found in _RESULT.findall(ended.output)]
    if test not in {line.name for line in lines}:
        return [Result(test, "failed", _panic(ended))]
    parents = {line.name.rpartition("/")[0] for line in lines}
    leaves = [line for line in lines if line.name not in parents]
    fails = ended.code != 0 or any(line.word == "FAIL" for line in lines)
    fails_alone = fails and not any(line.word == "FAIL" for line in leaves)
    return [_result(line, fails_alone or ended.code not in _ENDED) for line in leaves]


def _result(line: _Line, fails: bool) -> Result:
    outcome = "failed" if fails else _OUTCOMES[line.word]
    return Result(line.name, outcome, "the test failed" if outcome == "failed" else "", float(line.seconds))


def _panic(ended: Ended) -> str:
    return "the test panicked" if "\npanic: " in ended.output else crashed(ended.code)
