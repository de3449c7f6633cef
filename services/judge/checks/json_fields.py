"""``json_fields``: fields of a JSON object equal the expected ones."""

from __future__ import annotations

from typing import Any

from assay.contracts.tasks import JsonFields
from services.judge.checks.check_result import CheckScore, failed, partial
from services.judge.checks.extract import last_object

_ABSENT = object()


def check(check: JsonFields, answer: str, expected: Any) -> CheckScore:
    found = last_object(answer, check.fields)
    if found is None:
        return failed("the answer contains no JSON object")
    missing = [field for field in check.fields if field not in found]
    wrong = [field for field in check.fields if field in found and not same(found[field], expected.get(field, _ABSENT))]
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"not the expected value: {', '.join(wrong)}"] if wrong else []
    right = len(check.fields) - len(missing) - len(wrong)
    return partial(right, len(check.fields), "; ".join(parts))


def same(given: Any, expected: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, true does not equal 1, and the order of members is ignored."""
    if isinstance(expected, dict) and isinstance(given, dict):
        return given.keys() == expected.keys() and all(same(given[key], value) for key, value in expected.items())
    if isinstance(expected, list | tuple) and isinstance(given, list):
        return len(given) == len(expected) and all(map(same, given, expected))
    if isinstance(expected, bool) or isinstance(given, bool):
        return given is expected
    numbers = isinstance(given, int | float) and isinstance(expected, int | float)
    return bool(given == expected) and (numbers or type(given) is type(expected))
