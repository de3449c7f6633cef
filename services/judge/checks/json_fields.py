"""``json_fields``: fields of a JSON object equal the expected ones."""

from __future__ import annotations

from typing import Any

from assay.answers.json_reader import last_object
from assay.contracts.checks import JsonFields
from assay.contracts.codec import encode
from services.judge.checks.check_result import CheckScore, failed, partial
from services.judge.grading.context import GradingContext
from services.judge.readers.quote import quote
from services.judge.readers.text_normalizer import normalize_values

_ABSENT = object()


async def check(check: JsonFields, context: GradingContext) -> CheckScore:
    text, expected = context.text(check), context.expected(check)
    return compare(check, text, expected).with_evidence(text, encode(expected).decode())


def compare(check: JsonFields, answer: str, expected: Any) -> CheckScore:
    found = last_object(answer, check.fields)
    if found is None:
        return failed(f"the answer contains no complete JSON object: {quote(answer)}")
    given = {field: normalize_values(found[field], check) for field in check.fields if field in found}
    missing = [field for field in check.fields if field not in given]
    wrong = [field for field, value in given.items() if not same(value, _expected(check, expected, field))]
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"not the expected value: {', '.join(wrong)}"] if wrong else []
    right = len(check.fields) - len(missing) - len(wrong)
    return partial(right, len(check.fields), "; ".join(parts))


def _expected(check: JsonFields, expected: Any, field: str) -> Any:
    return normalize_values(expected.get(field, _ABSENT), check)


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
