"""``numeric``: numbers within a tolerance, from fields of a JSON object or the last number in the text."""

from __future__ import annotations

from typing import Any

from assay.contracts.tasks import Numeric
from services.judge.checks.check_result import CheckScore, failed, partial, passed
from services.judge.checks.extract import finite, last_number, last_object, within


def check(check: Numeric, answer: str, expected: Any) -> CheckScore:
    return _fields(check, answer, expected) if check.fields else _number(check, answer, float(expected))


def _number(check: Numeric, answer: str, expected: float) -> CheckScore:
    given = last_number(answer)
    if given is None:
        return failed("the answer contains no number", {"ok": 0.0})
    metrics = {"ok": 1.0, "abs_err": _distance(given, expected)}
    if within(given, expected, check.tolerance):
        return passed(metrics=metrics)
    return failed("the answer's last number is not within tolerance", metrics)


def _fields(check: Numeric, answer: str, expected: Any) -> CheckScore:
    found = last_object(answer, check.fields)
    if found is None:
        return failed("the answer contains no JSON object", {"ok": 0.0})
    given = {field: finite(found.get(field)) for field in check.fields}
    unreadable = [field for field, value in given.items() if value is None]
    readable = {field: value for field, value in given.items() if value is not None}
    metrics = {f"{field}_abs_err": _distance(value, float(expected[field])) for field, value in readable.items()}
    wrong = [field for field, value in readable.items() if not within(value, float(expected[field]), check.tolerance)]
    metrics["ok"] = 0.0 if unreadable else 1.0
    right = len(check.fields) - len(unreadable) - len(wrong)
    return partial(right, len(check.fields), _message(unreadable, wrong), metrics)


def _message(unreadable: list[str], wrong: list[str]) -> str:
    parts = [f"no finite number in {', '.join(unreadable)}"] if unreadable else []
    parts += [f"not within tolerance: {', '.join(wrong)}"] if wrong else []
    return "; ".join(parts)


def _distance(given: float, expected: float) -> float:
    """Capped, because JSON has no infinity."""
    return min(abs(given - expected), 1e308)
