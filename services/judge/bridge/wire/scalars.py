"""Encodes and decodes values without parts as tagged arrays."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

SMALL_INT = 1 << 53
"""Ints below are JSON numbers; larger ones are hexadecimal, which is parsed in linear time."""

PLAIN_TYPES = {
    kind.__name__: kind for kind in (int, float, str, bytes, bool, complex, list, tuple, dict, set, frozenset, object)
}
"""Types that may be passed to the tests by name."""


class Malformed(Exception):
    """Not a value in this format."""


def base64_text(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode("ascii")


def base64_bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(_text(text), validate=True)
    except binascii.Error as error:
        raise Malformed("bad base64") from error


def _write_complex(value: complex) -> list[Any]:
    return ["c", repr(value.real), repr(value.imag)]


def _write_range(value: range) -> list[Any]:
    return ["r", *(format(part, "x") for part in (value.start, value.stop, value.step))]


def _write_fraction(value: Fraction) -> list[Any]:
    return ["F", format(value.numerator, "x"), format(value.denominator, "x")]


def _write_timedelta(value: timedelta) -> list[Any]:
    return ["td", value.days, value.seconds, value.microseconds]


def _write_as(tag: str, text: Callable[[Any], str]) -> Callable[[Any], list[Any]]:
    def write(value: Any) -> list[Any]:
        return [tag, text(value)]

    return write


def _write_constant(tag: str) -> Callable[[Any], list[Any]]:
    def write(_: Any) -> list[Any]:
        return [tag]

    return write


SCALAR_WRITERS: dict[type, Callable[[Any], list[Any]]] = {
    bytes: _write_as("y", base64_text),
    complex: _write_complex,
    range: _write_range,
    Decimal: _write_as("D", str),
    Fraction: _write_fraction,
    datetime: _write_as("dt", datetime.isoformat),
    date: _write_as("da", date.isoformat),
    time: _write_as("ti", time.isoformat),
    timedelta: _write_timedelta,
    type(Ellipsis): _write_constant("e"),
    type(NotImplemented): _write_constant("ni"),
}


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("not text")
    return value


def _int(value: Any) -> int:
    return int(_text(value), 16)


def _small(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("not an int")
    return value


def _float(value: Any) -> float:
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[_text(value)]


def _complex(real: Any, imag: Any) -> complex:
    return complex(float(_text(real)), float(_text(imag)))


def _range(start: Any, stop: Any, step: Any) -> range:
    return range(_int(start), _int(stop), _int(step))


def _fraction(top: Any, bottom: Any) -> Fraction:
    return Fraction(_int(top), _int(bottom))


def _timedelta(days: Any, seconds: Any, microseconds: Any) -> timedelta:
    return timedelta(_small(days), _small(seconds), _small(microseconds))


def _type(name: Any) -> type:
    return PLAIN_TYPES[_text(name)]


def _read_text(read: Callable[[str], Any]) -> Callable[[Any], Any]:
    def reader(value: Any) -> Any:
        return read(_text(value))

    return reader


def _read_constant(value: Any) -> Callable[[], Any]:
    def reader() -> Any:
        return value

    return reader


SCALAR_READERS: dict[str, Callable[..., Any]] = {
    "i": _int,
    "f": _float,
    "y": base64_bytes,
    "c": _complex,
    "r": _range,
    "D": _read_text(Decimal),
    "F": _fraction,
    "dt": _read_text(datetime.fromisoformat),
    "da": _read_text(date.fromisoformat),
    "ti": _read_text(time.fromisoformat),
    "td": _timedelta,
    "b": _type,
    "e": _read_constant(Ellipsis),
    "ni": _read_constant(NotImplemented),
}
