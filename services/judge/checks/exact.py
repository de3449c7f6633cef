"""``exact``: the answer equals the expected text."""

from __future__ import annotations

from typing import Any

from assay.contracts.tasks import Exact
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.readers.quote import quote
from services.judge.readers.text_normalizer import normalize_values


def check(check: Exact, answer: str, expected: Any) -> CheckScore:
    given = normalize_values(answer, check)
    if given == normalize_values(str(expected), check):
        return passed()
    return failed(f"the answer is not the expected text: {quote(answer)}" if given else "the answer is empty")
