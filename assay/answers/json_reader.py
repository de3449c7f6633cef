"""Finds JSON in arbitrary text, as models write it.

Around a value, prose and code fences are ignored. Inside it, raw line breaks and tabs in strings, trailing commas, and
NaN and Infinity are accepted. Anything else must be JSON: comments, single quotes and missing braces are not repaired,
because a repaired value would no longer be the model's.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"\s*+")
_TRAILING_COMMA = re.compile(r",\s*+[}\]]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]|,(?=\s*+[}\]])', re.DOTALL)
"""Strings, brackets and trailing commas."""
_MAX_CANDIDATES = 2_000
"""Positions where a value might start that are tried."""
_MAX_DIGITS = 400
"""Longer integers exceed a float."""


class NotJson(ValueError):
    """There is no JSON value at this place. ``characters_read`` measures the work that finding out took."""

    def __init__(self, message: str, characters_read: int) -> None:
        super().__init__(message)
        self.characters_read = characters_read


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A JSON object and its place in the text."""

    value: dict[str, Any]
    start: int
    end: int


def last_object(text: str, fields: Collection[str]) -> dict[str, Any] | None:
    """The last complete object in the text that has one of the fields at its top level, else the last one at all; None
    without one. Nested objects are not considered."""
    last: dict[str, Any] | None = None
    matching: dict[str, Any] | None = None
    for found in find_objects(text):
        last = found.value
        if any(field in last for field in fields):
            matching = last
    return matching if matching is not None else last


def find_objects(text: str) -> Iterator[FoundObject]:
    """The outermost objects from left to right. The total work is bounded by counting how far each failed parse
    went."""
    budget = 8 * len(text) + 100_000
    start = text.find("{")
    for _ in range(_MAX_CANDIDATES):
        if start < 0 or budget < 0:
            return
        try:
            value, end = _read(text, start)
            yield FoundObject(value, start, end)
        except NotJson as error:
            budget -= error.characters_read
            end = start + 1
        start = text.find("{", end)


def read_value(text: str, start: int = 0) -> Any:
    """The JSON value at ``start``, after white space; what follows it is ignored. Raises NotJson."""
    space = _SPACE.match(text, start)
    return _read(text, space.end() if space else start)[0]


def _read(text: str, start: int) -> tuple[Any, int]:
    """The value at ``start``, and its end. Raises NotJson."""
    try:
        return _decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        if _TRAILING_COMMA.match(text, max(start, text.rfind(",", start, error.pos + 1))):
            return _read_without_trailing_commas(text, start)
        raise NotJson(str(error), max(1, error.pos - start)) from error
    except (RecursionError, ValueError) as error:
        raise NotJson("the value is nested too deeply", len(text) - start) from error


def _read_without_trailing_commas(text: str, start: int) -> tuple[Any, int]:
    """Trailing commas become spaces, so that all offsets stay."""
    pieces: list[str] = []
    depth, copied = 0, start
    for token in _TOKEN.finditer(text, start):
        mark = token.group()[0]
        if mark == ",":
            pieces += (text[copied : token.start()], " ")
            copied = token.end()
        depth += (mark in "{[") - (mark in "}]")
        if mark in "}]" and depth <= 0:
            return _decode_all("".join(pieces) + text[copied : token.end()]), token.end()
    raise NotJson("the value is never closed", len(text) - start)


def _decode_all(text: str) -> Any:
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error), len(text)) from error


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


_decoder = json.JSONDecoder(parse_int=_integer, strict=False)
