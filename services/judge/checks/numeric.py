"""``numeric``: numbers within a tolerance, from fields of a JSON object or from the text."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

from assay.answers.json_reader import last_object
from assay.contracts.tasks import Numeric, Tolerance
from services.judge.checks.check_result import CheckScore, failed, partial, passed
from services.judge.readers.number_reader import read_number
from services.judge.readers.quote import quote


def check(check: Numeric, answer: str, expected: Any) -> CheckScore:
    return _fields(check, answer, expected) if check.fields else _number(check, answer, float(expected))


def _number(check: Numeric, answer: str, expected: float) -> CheckScore:
    reading = read_number(answer, check.locale, check.unit)
    if reading.value is None:
        return failed(reading.problem, {"ok": 0.0})
    metrics = {"ok": 1.0, "abs_err": _distance(reading.value, expected)}
    if within(reading.value, expected, check.tolerance):
        return passed(metrics=metrics)
    return failed(f"the answer's number is not within tolerance: {quote(reading.text)}", metrics)


def _fields(check: Numeric, answer: str, expected: Any) -> CheckScore:
    found = last_object(answer, check.fields)
    if found is None:
        return failed(f"the answer contains no complete JSON object: {quote(answer)}", {"ok": 0.0})
    given = {field: _finite(found.get(field)) for field in check.fields}
    unreadable = [field for field, value in given.items() if value is None]
    readable = {field: value for field, value in given.items() if value is not None}
    metrics = {f"{field}_abs_err": _distance(value, float(expected[field])) for field, value in readable.items()}
    wrong = [field for field, value in readable.items() if not within(value, float(expected[field]), check.tolerance)]
    metrics["ok"] = 0.0 if unreadable else 1.0
    right = len(check.fields) - len(unreadable) - len(wrong)
    return partial(right, len(check.fields), _message(unreadable, wrong), metrics)


def within(given: float, expected: float, tolerance: Tolerance) -> bool:
    """Compared in decimals, as people write them: 0.3 is within 0.1 of 0.2."""
    with localcontext() as context:
        context.prec = 400
        wanted = Decimal(repr(float(expected)))
        error = abs(Decimal(repr(given)) - wanted)
        return error <= max(Decimal(repr(tolerance.absolute)), Decimal(repr(tolerance.relative)) * abs(wanted))


def _finite(value: Any) -> float | None:
    """A JSON number as float; None for anything else and for numbers that no float can represent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _message(unreadable: list[str], wrong: list[str]) -> str:
    parts = [f"no finite number in {', '.join(unreadable)}"] if unreadable else []
    parts += [f"not within tolerance: {', '.join(wrong)}"] if wrong else []
    return "; ".join(parts)


def _distance(given: float, expected: float) -> float:
    """Capped, because JSON has no infinity."""
    return min(abs(given - expected), 1e308)
