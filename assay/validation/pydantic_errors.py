"""Validation errors of pydantic, which checks options and settings, in the words of ``field_errors``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {
    "int": "must be an integer",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "must be true or false",
    "string": "must be text",
    "date": "must be a date such as 2026-01-31",
    "datetime": "must be a time such as 2026-01-31T12:00:00Z",
    "url": "must be an address such as https://example.org",
    "finite": "must be a finite number",
    "missing": "is missing",
}
_BOUNDS = {
    "less_than_equal": "must be at most {le:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "greater_than": "must be more than {gt:g}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
}


def sentence(error: Mapping[str, Any], *, show_input: bool = True) -> str:
    """One entry of ``ValidationError.errors()``. Without ``show_input`` the value, which may be secret, is left out."""
    kind, message = str(error["type"]), str(error["msg"])
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind in _BOUNDS:
        text = _BOUNDS[kind].format(**error.get("ctx", {}))
    else:
        text = _TYPES.get(kind.partition("_")[0]) or message.replace("Input should be", "must be", 1)
    given = error.get("input")
    shown = given if kind.startswith(("less", "greater")) else repr(given)
    return f"{text}, got {shown}" if show_input and isinstance(given, str | int | float) else text
