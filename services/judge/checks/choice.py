"""``choice``: the text chooses exactly one option, and it is the expected one."""

from __future__ import annotations

from typing import Any

from assay.contracts.checks import Choice
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.grading.context import GradingContext
from services.judge.readers.choice_reader import read_choice


async def check(check: Choice, context: GradingContext) -> CheckScore:
    text, expected = context.text(check), context.expected(check)
    return compare(check, text, expected).with_evidence(text, str(expected))


def compare(check: Choice, answer: str, expected: Any) -> CheckScore:
    reading = read_choice(answer, check.options)
    if reading.option is None:
        return failed(reading.problem)
    return passed() if reading.option == expected else failed(f"the answer chooses {reading.option!r}, which is wrong")
