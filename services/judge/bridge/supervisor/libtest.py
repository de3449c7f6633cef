"""Test programs of ``rustc --test``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .results import Result, crashed
from .test_process import Ended

_OUTCOMES = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


def list_command(program: str) -> Sequence[str]:
    return (program, "--list", "--format", "terse")


def listed(output: str) -> list[str]:
    return [line.removesuffix(": test") for line in output.splitlines() if line.endswith(": test")]


def run_command(program: str, test: str) -> Sequence[str]:
    return (program, "--exact", test, "--test-threads", "1", "--color", "never")


def results(program: str, test: str, ended: Ended) -> list[Result]:
    """``program`` is the name of the file without ``.rs``."""
    name = f"{program}::{test}"
    found = re.search(
        rf"^test {re.escape(test)}(?: - should panic)? \.\.\. (ok|FAILED|ignored)", ended.output, re.MULTILINE
    )
    if found is None:
        return [Result(name, "failed", crashed(ended.code))]
    outcome = _OUTCOMES[found[1]] if ended.code == 0 or found[1] != "ok" else "failed"
    seconds = re.search(r"finished in ([\d.]+)s", ended.output)
    error = "the test panicked" if outcome == "failed" else ""
    return [Result(name, outcome, error, float(seconds[1]) if seconds else 0.0)]
