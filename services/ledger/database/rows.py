"""Typed rows: a struct's fields are the columns a statement returns, in that order, converted once as they arrive.

A field with a default is no column; the code that reads the row sets it. A field that is itself a row comes last among
the columns and takes all that remain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache, partial
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

R = TypeVar("R", bound="Row")
Convert = Callable[[Any], Any]


class Row(msgspec.Struct):
    """Base of all rows. Enumerations, arrays, JSONB columns and types with ``from_column`` are converted by the
    field's type; every other value stays as the driver gives it."""


def columns(kind: type[Row], prefix: str = "") -> str:
    """The column list that fills ``kind``, for example ``new.attempt_id, new.state``."""
    names: list[str] = []
    for name, hint in _column_hints(kind):
        names.append(columns(hint, prefix) if _is_row(hint) else f"{prefix}.{name}" if prefix else name)
    return ", ".join(names)


def to_json(value: Any) -> str:
    """``value`` as a JSONB parameter."""
    return msgspec.json.encode(value).decode()


@cache
def decoder(kind: type[R]) -> Callable[[Sequence[Any]], R]:
    """Makes a ``kind`` of a driver's record."""
    hints = _column_hints(kind)
    if hints and _is_row(hints[-1][1]):
        return _nesting(kind, decoder(hints[-1][1]), len(hints) - 1)
    converts = [(place, convert) for place, (_, hint) in enumerate(hints) if (convert := _convert(hint))]
    if not converts:
        return lambda record: kind(*record)

    def decode(record: Sequence[Any]) -> R:
        values = list(record)
        for place, convert in converts:
            if (value := values[place]) is not None:
                values[place] = convert(value)
        return kind(*values)

    return decode


def _nesting(kind: type[R], inner: Callable[[Sequence[Any]], Row], width: int) -> Callable[[Sequence[Any]], R]:
    make: Any = kind
    converts = [_convert(hint) or _keep for _, hint in _column_hints(kind)[:width]]

    def decode(record: Sequence[Any]) -> R:
        values = tuple(record)
        outer = (convert(value) for convert, value in zip(converts, values[:width], strict=True))
        return make(*outer, inner(values[width:]))

    return decode


def _keep(value: Any) -> Any:
    return value


def _column_hints(kind: type[Row]) -> list[tuple[str, Any]]:
    hints = get_type_hints(kind)
    names = kind.__struct_fields__
    return [(name, hints[name]) for name in names[: len(names) - len(kind.__struct_defaults__)]]


def _convert_items(convert: Convert, values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(map(convert, values))


def _is_row(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Row)


def _convert(hint: Any) -> Convert | None:
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if from_column := getattr(item, "from_column", None):
            return partial(_convert_items, from_column)
        is_struct = isinstance(item, type) and issubclass(item, msgspec.Struct)
        return msgspec.json.Decoder(hint).decode if is_struct else tuple
    if get_origin(hint) is dict:
        return msgspec.json.Decoder(hint).decode
    if not isinstance(hint, type):
        return None
    if from_column := getattr(hint, "from_column", None):
        return from_column
    if issubclass(hint, Enum):
        return {member.value: member for member in hint}.__getitem__
    return msgspec.json.Decoder(hint).decode if issubclass(hint, msgspec.Struct) else None
