"""Extracts objects and numbers from arbitrary text in linear time."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from decimal import Decimal, localcontext
from typing import Any

from assay.contracts.tasks import Tolerance

_NUMBER = re.compile(
    r"(?<![\w.])[-+\u2212]?(?:(?:\d{1,3}(?:,\d{3}){1,40}(?![\d,])|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
)
_MAX_DIGITS = 400
"""Longer integers exceed a float."""
_MAX_CANDIDATES = 2_000
"""Positions where an object might start that are tried."""


def last_object(text: str, fields: Collection[str]) -> dict[str, Any] | None:
    """The last JSON object in the text that has one of the fields at its top level, else the last one at all; None
    without one. Surrounding prose and code fences are ignored, and so are nested objects. NaN and Infinity are
    accepted as numbers here; nesting deeper than Python's parser allows is not."""
    last: dict[str, Any] | None = None
    matching: dict[str, Any] | None = None
    for found in _objects(text):
        last = found
        if any(field in found for field in fields):
            matching = found
    return matching if matching is not None else last


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """From left to right; the total work is bounded by counting how far each failed parse went."""
    budget = 8 * len(text) + 100_000
    at = text.find("{")
    for _ in range(_MAX_CANDIDATES):
        if at < 0 or budget < 0:
            return
        try:
            value, end = _decoder.raw_decode(text, at)
            yield value
        except json.JSONDecodeError as error:
            budget -= error.pos - at
            end = at + 1
        except (RecursionError, ValueError):
            budget -= len(text) - at
            end = at + 1
        at = text.find("{", end)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


_decoder = json.JSONDecoder(parse_int=_integer)


def last_number(text: str) -> float | None:
    """The last finite number in the text, with or without thousands separators; None without one."""
    found = ""
    for match in _NUMBER.finditer(text):
        found = match.group()
    if not found or len(found) > _MAX_DIGITS:
        return None
    value = float(found.replace(",", "").replace("\u2212", "-"))
    return value if math.isfinite(value) else None


def finite(value: Any) -> float | None:
    """A JSON number as float; None for anything else and for numbers that no float can represent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def within(given: float, expected: float, tolerance: Tolerance) -> bool:
    """Compared in decimals, as people write them: 0.3 is within 0.1 of 0.2."""
    with localcontext() as context:
        context.prec = 400
        wanted = Decimal(repr(float(expected)))
        error = abs(Decimal(repr(given)) - wanted)
        return error <= max(Decimal(repr(tolerance.absolute)), Decimal(repr(tolerance.relative)) * abs(wanted))
