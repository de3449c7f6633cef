"""Test programs of GoogleTest."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .results import Result, crashed
from .test_process import Ended

_RESULT = re.compile(r"^\[\s+(OK|FAILED|SKIPPED)\s+\] (\S+?)(?:, where .*)? \((\d+) ms\)$", re.MULTILINE)
_OUTCOMES = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


def list_command(program: str) -> Sequence[str]:
    return (program, "--gtest_list_tests")


def listed(output: str) -> list[str]:
    """``Suite.Test``; disabled tests do not run, so they are left out."""
    names: list[str] = []
    suite = ""
    for line in output.splitlines():
        word = line.split("#")[0].strip()
        if line.startswith("  "):
            names.append(suite + word)
        elif word.endswith("."):
            suite = word
    return [name for name in names if "DISABLED_" not in name]


def run_command(program: str, test: str) -> Sequence[str]:
    return (program, f"--gtest_filter={test}", "--gtest_color=no", "--gtest_brief=0")


def results(program: str, test: str, ended: Ended) -> list[Result]:
    found = [line for line in _RESULT.findall(ended.output) if line[1] == test]
    if not found:
        return [Result(test, "failed", crashed(ended.code))]
    word, _, milliseconds = found[0]
    outcome = _OUTCOMES[word] if ended.code == 0 or word != "OK" else "failed"
    return [Result(test, outcome, "the test failed" if outcome == "failed" else "", int(milliseconds) / 1000)]
