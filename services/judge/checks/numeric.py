"""``numeric``: numbers within a tolerance, from fields of a JSON object or from the text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

from assay.answers.json_reader import last_object
from assay.contracts.checks import Numeric, Tolerance
from assay.contracts.codec import encode
from services.judge.checks.check_result import CheckScore, failed, partial, passed
from services.judge.grading.context import GradingContext
from services.judge.readers.finite import finite
from services.judge.readers.number_reader import read_number
from services.judge.readers.quote import quote


async def check(check: Numeric, context: GradingContext) -> CheckScore:
    text, expected = context.text(check), context.expected(check)
    return compare(check, text, expected).with_evidence(text, encode(expected).decode())


def compare(check: Numeric, answer: str, expected: Any) -> CheckScore:
    if check.fields:
        return compare_fields(check.fields, check.tolerance, answer, expected)
    return _number(check, answer, float(expected))


def _number(check: Numeric, answer: str, expected: float) -> CheckScore:
    reading = read_number(answer, check.locale, check.unit)
    if reading.value is None:
        return failed(reading.problem, {"ok": 0.0})
    metrics = {"ok": 1.0, "abs_err": abs(reading.value - expected)}
    if within(reading.value, expected, check.tolerance):
        return passed(metrics=metrics)
    return failed(f"the answer's number is not within tolerance: {quote(reading.text)}", metrics)


def compare_fields(fields: Sequence[str], tolerance: Tolerance, answer: str, expected: Any) -> CheckScore:
    """The numbers in the fields of a JSON object; the score is the fraction within tolerance."""
    found = last_object(answer, fields)
    if found is None:
        return failed(f"the answer contains no complete JSON object: {quote(answer)}", {"ok": 0.0})
    given = {field: finite(found.get(field)) for field in fields}
    unreadable = [field for field, value in given.items() if value is None]
    readable = {field: value for field, value in given.items() if value is not None}
    metrics = {f"{field}_abs_err": abs(value - float(expected[field])) for field, value in readable.items()}
    wrong = [field for field, value in readable.items() if not within(value, float(expected[field]), tolerance)]
    metrics["ok"] = 0.0 if unreadable else 1.0
    right = len(fields) - len(unreadable) - len(wrong)
    return partial(right, len(fields), _message(unreadable, wrong), metrics)


def within(given: float, expected: float, tolerance: Tolerance) -> bool:
    """Compared in decimals, as people write them: 0.3 is within 0.1 of 0.2."""
    with localcontext() as context:
        context.prec = 400
        wanted = Decimal(repr(float(expected)))
        error = abs(Decimal(repr(given)) - wanted)
        return error <= max(Decimal(repr(tolerance.absolute)), Decimal(repr(tolerance.relative)) * abs(wanted))


def _message(unreadable: list[str], wrong: list[str]) -> str:
    parts = [f"no finite number in {', '.join(unreadable)}"] if unreadable else []
    parts += [f"not within tolerance: {', '.join(wrong)}"] if wrong else []
    return "; ".join(parts)
