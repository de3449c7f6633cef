"""``exact``: the answer equals the expected text."""

from __future__ import annotations

from typing import Any

from assay.contracts.tasks import Exact
from services.judge.checks.check_result import CheckScore, failed, passed


def check(check: Exact, answer: str, expected: Any) -> CheckScore:
    given, wanted = answer.strip(), str(expected).strip()
    if check.ignore_case:
        given, wanted = given.casefold(), wanted.casefold()
    if given == wanted:
        return passed()
    return failed("the answer is empty" if not given else "the answer is not the expected text")
