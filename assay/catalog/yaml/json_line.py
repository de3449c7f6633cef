"""Parses JSON strictly: no field twice, no NaN, nothing that cannot be written again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from assay.catalog.yaml.document import MAX_DEPTH
from assay.catalog.yaml.parse import MAX_DIGITS

_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(ValueError):
    """Why a text is refused."""


def parse_json(text: str) -> Any:
    """Raises NotJson."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
        raise NotJson(f"is not valid JSON: {reason} at column {error.colno}") from error
    except RecursionError as error:
        raise NotJson(_TOO_DEEP) from error
    for part in _parts(value):
        if isinstance(part, str) and _SURROGATE.search(part):
            raise NotJson("contains half of a surrogate pair (\\ud800 to \\udfff)")
    return value


_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"


def _parts(value: Any) -> Iterator[Any]:
    """Every value and field name."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        yield from level
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                yield from part
                below.extend(part.values())
            elif isinstance(part, list):
                below.extend(part)
        if not below:
            return
        level = below
    raise NotJson(_TOO_DEEP)


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NotJson(f"the field {name[:80]!r} is set twice")
        found[name] = value
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotJson(f"contains a number of {len(text)} characters, more than {MAX_DIGITS}")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotJson(f"contains {text[:80]}, which is too large for a number")
    return number


def _constant(name: str) -> Any:
    raise NotJson(f"contains {name}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_fields, parse_int=_integer, parse_float=_float, parse_constant=_constant)
