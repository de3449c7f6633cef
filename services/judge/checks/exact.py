"""``exact``: the text equals the expected text."""

from __future__ import annotations

from typing import Any

from assay.contracts.checks import Exact
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.grading.context import GradingContext
from services.judge.readers.quote import quote
from services.judge.readers.text_normalizer import normalize_values


async def check(check: Exact, context: GradingContext) -> CheckScore:
    text, expected = context.text(check), str(context.expected(check))
    return compare(check, text, expected).with_evidence(text, expected)


def compare(check: Exact, answer: str, expected: Any) -> CheckScore:
    given = normalize_values(answer, check)
    if given == normalize_values(str(expected), check):
        return passed()
    return failed(f"the answer is not the expected text: {quote(answer)}" if given else "the answer is empty")
