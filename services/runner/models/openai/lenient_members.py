"""Reads an object member by member, so that a member of the wrong type costs only itself."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

_MAX_DIGITS = 15
_MAX_NOTES = 20


class Notes:
    """Sentences about what was ignored; each once, and not too many."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, sentence: str) -> None:
        if len(self._sentences) < _MAX_NOTES:
            self._sentences[sentence] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._sentences)


def read_members(kind: type[S], body: dict[str, Any], notes: Notes, path: str = "") -> S:
    """Members that ``kind`` does not have are ignored silently, as in strict decoding."""
    members = {
        name: _read(types_, body[name], notes, f"{path}.{name}" if path else name)
        for name, types_ in _members(kind).items()
        if name in body
    }
    return kind(**members)


@cache
def _members(kind: type[msgspec.Struct]) -> dict[str, tuple[Any, ...]]:
    """The types that each member may have, besides None."""
    return {name: _alternatives(hint) for name, hint in get_type_hints(kind).items()}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    union = get_origin(hint) in (Union, types.UnionType)
    return tuple(each for each in get_args(hint) if each is not types.NoneType) if union else (hint,)


def _read(alternatives: tuple[Any, ...], value: Any, notes: Notes, path: str) -> Any:
    """None if the value has none of these types. A lone object counts as a list of one."""
    for wanted in alternatives:
        if wanted is Any or (isinstance(wanted, type) and type(value) is wanted):
            return value
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) and isinstance(value, dict):
            return read_members(wanted, cast("dict[str, Any]", value), notes, path)
        if get_origin(wanted) is list and isinstance(value, dict | list) and value:
            return _read_list(get_args(wanted), value, notes, path)
        if wanted is int and (count := _to_count(value)) is not None:
            return count
    if value not in (None, "", False, [], {}):
        notes.add(f"ignored {path}: it is {_describe(value)}")
    return None


def _read_list(item: tuple[Any, ...], value: list[Any] | dict[str, Any], notes: Notes, path: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    read = (_read(item, each, notes, f"{path}[{number}]") for number, each in enumerate(items))
    return [each for each in read if each is not None]


def _to_count(value: object) -> int | None:
    """Whole numbers that were sent as a float or as text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**_MAX_DIGITS:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    return None


def _describe(value: object) -> str:
    """Its kind, and numbers themselves. Text is not quoted: it may contain a key."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:.15g}"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"
