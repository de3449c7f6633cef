"""Expected answers in the shape that each check compares with."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.question_options import QuestionCheck, QuestionOptions
from assay.catalog.importers.table import MISSING, text_of

MAX_LABELS = 10
"""A column with more different values is not guessed to contain labels."""
ROWS_PER_LABEL = 5
MAX_NUMBER = 1e90
"""The catalogue reads integers of at most 100 digits."""
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


class NoAnswer(ValueError):
    """Why a row has no expected answer."""


def expected_part(value: Any, pattern: re.Pattern[str] | None) -> Any:
    """What ``--expected-pattern`` takes from the text. Raises NoAnswer."""
    if value is MISSING or (isinstance(value, str) and not value.strip()):
        raise NoAnswer("has no expected answer")
    if pattern is None:
        return value
    found = pattern.search(text_of(value))
    part = (found[1] if found.re.groups else found[0]) if found else None
    if part is None or not part.strip():
        raise NoAnswer("--expected-pattern is not found in its expected answer")
    return part.strip()


def compiled(pattern: str, option: str) -> re.Pattern[str] | None:
    """Raises ImportFailed."""
    try:
        return re.compile(pattern) if pattern else None
    except (re.error, OverflowError, RecursionError) as error:
        raise ImportFailed(f"{option}: is not a regular expression: {error}") from error


def guessed_check(values: Sequence[Any]) -> QuestionCheck:
    """By the expected values: few different ones are labels, numbers are numbers, everything else is text."""
    if all(isinstance(value, dict) for value in values):
        return QuestionCheck.JSON_FIELDS
    different = Counter(map(text_of, values))
    if 2 <= len(different) <= MAX_LABELS and len(values) >= ROWS_PER_LABEL * len(different):
        return QuestionCheck.CHOICE
    return QuestionCheck.NUMERIC if all(number(value) is not None for value in values) else QuestionCheck.EXACT


def labels_of(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(sorted({text_of(value).strip() for value in values}))


def fields_of(values: Sequence[Any]) -> tuple[str, ...]:
    """The fields that every object has."""
    objects = [found for value in values if (found := _object(value)) is not None]
    shared = set(objects[0]).intersection(*objects[1:]) if objects else set[str]()
    if not shared:
        raise ImportFailed("the expected answers have no common fields; name the fields to compare by --fields")
    return tuple(name for name in objects[0] if name in shared)


def answer_for(check: QuestionCheck, value: Any, options: QuestionOptions) -> Any:
    """What the sample's ``expected`` is. Raises NoAnswer."""
    if check in (QuestionCheck.NUMERIC, QuestionCheck.REGRESSION):
        found = number(value)
        if found is None:
            raise NoAnswer("its expected answer is not a finite number")
        return found
    if check is QuestionCheck.TELEMETRY:
        return value
    if check is QuestionCheck.JSON_FIELDS:
        return _fields(value, options.fields)
    if isinstance(value, list | dict):
        raise NoAnswer("its expected answer is a list or an object; take a part of it, such as --expected COLUMN.0")
    return text_of(value).strip()


def number(value: Any) -> int | float | None:
    """A finite number, also from text such as ``1,234.5``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value if abs(value) < MAX_NUMBER else None  # false for NaN too
    text = value.strip().replace(",", "") if isinstance(value, str) else ""
    if not _NUMBER.fullmatch(text) or len(text) > 100:
        return None
    found = float(text)
    if abs(found) >= MAX_NUMBER:
        return None
    return int(text) if text.lstrip("+-").isdecimal() else found


def _object(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _fields(value: Any, fields: Sequence[str]) -> dict[str, Any]:
    found = _object(value)
    if found is None:
        raise NoAnswer("its expected answer is not a JSON object")
    if any(name not in found for name in fields):
        raise NoAnswer(f"its expected answer lacks one of the fields {', '.join(fields)}")
    return {name: found[name] for name in fields}
