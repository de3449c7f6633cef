"""Values as JSON, strictly: exact builtin and standard-library data types by value, everything else by reference.

``None``, ``bool``, ``str``, finite floats and small ints represent themselves; anything else is an array that starts
with a tag. Decoding never runs code. A ``Memo`` numbers the mutable containers of one exchange in order of appearance,
equally on both sides, so that two references to one list stay two references to one list, also in the answer.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any

from .scalars import SCALAR_READERS, SCALAR_WRITERS, SMALL_INT, Malformed, base64_bytes, base64_text

__all__ = ["MAPPINGS", "MAX_DEPTH", "SEQUENCES", "Decoder", "Encoder", "Malformed", "Memo", "TooDeep"]

MAX_DEPTH = 200

SEQUENCES = (list, deque)
MAPPINGS = (dict, OrderedDict, Counter, defaultdict)


class TooDeep(Exception):
    """The value is nested deeper than MAX_DEPTH."""


class Memo:
    """Mutable containers seen so far in one exchange."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[int, int] = {}

    def add(self, item: Any) -> Any:
        self._numbers[id(item)] = len(self.items)
        self.items.append(item)
        return item

    def find(self, item: Any) -> int | None:
        return self._numbers.get(id(item))


class Encoder:
    """``encode_reference`` makes a tagged array for a value that cannot be sent by value."""

    def __init__(self, memo: Memo, encode_reference: Callable[[Any, Encoder, int], list[Any]]) -> None:
        self._memo, self._encode_reference = memo, encode_reference

    def value(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if -SMALL_INT < value < SMALL_INT else ["i", format(value, "x")]
        if kind is float:
            return value if math.isfinite(value) else ["f", repr(value)]
        if depth > MAX_DEPTH:
            raise TooDeep(f"a value is nested deeper than {MAX_DEPTH}")
        if kind in _CONTAINERS:
            return self._container(kind, value, depth + 1)
        if write := SCALAR_WRITERS.get(kind):
            return write(value)
        if kind is tuple:
            return ["t", *self.values(value, depth + 1)]
        if kind is frozenset:
            return ["fs", *self.values(value, depth + 1)]
        return self._encode_reference(value, self, depth + 1)

    def values(self, values: Iterable[Any], depth: int = 0) -> list[Any]:
        return [self.value(value, depth) for value in values]

    def contents(self, value: Any, depth: int = 0) -> list[Any]:
        """The elements of a mutable container; for mappings, keys and values alternate."""
        if type(value) is bytearray:
            return [base64_text(value)]
        if type(value) in MAPPINGS:
            return self.values((part for item in list(value.items()) for part in item), depth)
        return self.values(list(value), depth)

    def _container(self, kind: type, value: Any, depth: int) -> Any:
        number = self._memo.find(value)
        if number is not None:
            return ["m", number]
        self._memo.add(value)
        head = [_CONTAINERS[kind]]
        if kind is deque:
            head.append(value.maxlen)
        if kind is defaultdict:
            head.append(self.value(value.default_factory, depth))
        return head + self.contents(value, depth)


class Decoder:
    """``decode_reference`` decodes the tags written by the other side's ``encode_reference``; it raises Malformed
    for others."""

    def __init__(self, memo: Memo, decode_reference: Callable[[str, list[Any], Decoder, int], Any]) -> None:
        self._memo, self._decode_reference = memo, decode_reference

    def value(self, data: Any, depth: int = 0) -> Any:
        kind = type(data)
        if data is None or kind in (bool, str, int, float):
            return data
        if kind is not list or not data or type(data[0]) is not str or depth > MAX_DEPTH:
            raise Malformed(f"not a value: {kind.__name__}")
        tag, *rest = data
        try:
            return self._tagged(tag, rest, depth + 1)
        except (TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise Malformed(f"invalid value with tag {tag[:20]!r}: {type(error).__name__}") from error

    def values(self, data: Iterable[Any], depth: int = 0) -> list[Any]:
        return [self.value(item, depth) for item in data]

    def refill(self, target: Any, data: list[Any]) -> None:
        """Replaces the contents of a container in the memo; its children are already in the memo."""
        values = data if type(target) is bytearray else self.values(data)
        if type(target) is not bytearray:
            target.clear()
        _fill(target, values)

    def _tagged(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag == "m":
            return self._memo.items[_count(rest[0])]
        if tag in _EMPTY:
            return self._container(tag, rest, depth)
        if tag == "t":
            return tuple(self.values(rest, depth))
        if tag == "fs":
            return frozenset(self.values(rest, depth))
        if read := SCALAR_READERS.get(tag):
            return read(*rest)
        return self._decode_reference(tag, rest, self, depth)

    def _container(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag == "q":
            made: Any = deque(maxlen=None if rest[0] is None else _count(rest[0]))
        elif tag == "dd":
            factory = self.value(rest[0], depth)
            made = defaultdict(factory if callable(factory) else None)
        else:
            made = _EMPTY[tag]()
        self._memo.add(made)
        contents = rest[1:] if tag in ("q", "dd") else rest
        _fill(made, contents if tag == "ya" else self.values(contents, depth))
        return made


def _fill(target: Any, values: list[Any]) -> None:
    if type(target) is bytearray:
        target[:] = base64_bytes(values[0])
    elif type(target) in MAPPINGS:
        if len(values) % 2:
            raise Malformed("a key without a value")
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[key] = value
    elif type(target) is set:
        target.update(values)
    else:
        target.extend(values)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a count")
    return value


_CONTAINERS: dict[type, str] = {
    list: "l",
    dict: "d",
    set: "s",
    bytearray: "ya",
    deque: "q",
    Counter: "C",
    OrderedDict: "O",
    defaultdict: "dd",
}
_EMPTY: dict[str, type] = {tag: kind for kind, tag in _CONTAINERS.items()}
