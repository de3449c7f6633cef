"""Finds a value in JSON by a path such as ``scores.0.value``."""

from __future__ import annotations

from typing import Any

MISSING = object()


def at_path(value: Any, path: str) -> Any:
    """MISSING if there is no such value. An empty path is the value itself."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and len(part) < 8 and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value
