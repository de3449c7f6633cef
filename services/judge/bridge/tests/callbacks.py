"""Objects that tests pass to the candidate and that are not data: passed by number, with a few permitted uses."""

from __future__ import annotations

import builtins
import operator
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType, MethodWrapperType
from typing import Any

from ..wire.codec import Encoder, Malformed
from .candidate_errors import CandidateError
from .proxies import get_handle

_CALLABLE = (FunctionType, MethodType, BuiltinFunctionType, MethodDescriptorType, MethodWrapperType, partial, type)


class Callbacks:
    """``tests`` is the folder of the hidden tests: instances of classes defined there may be passed."""

    def __init__(self, tests: str) -> None:
        self._tests = tests.rstrip("/") + "/"
        self._items: list[Any] = []
        self._numbers: dict[int, int] = {}

    def number(self, item: Any) -> int:
        if id(item) not in self._numbers:
            self._numbers[id(item)] = len(self._items)
            self._items.append(item)
        return self._numbers[id(item)]

    def item(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self._items):
            raise Malformed("not the number of a callback object")
        return self._items[number]

    def encode(self, value: Any, encoder: Encoder, depth: int) -> list[Any]:
        """Raises TypeError for what cannot be passed."""
        if handle := get_handle(value):
            return ["H", handle.number]
        if isinstance(value, CandidateError) and get_handle(value._attributes):
            return self.encode(value._attributes, encoder, depth)
        if isinstance(value, BaseException):
            return ["E", builtin_base_name(type(value)), str(value)]
        if isinstance(value, type) and issubclass(value, BaseException):
            return ["B", builtin_base_name(value)]
        if isinstance(value, type | BuiltinFunctionType) and getattr(builtins, value.__name__, None) is value:
            return ["B", value.__name__]
        if isinstance(value, (*_CALLABLE, Iterator)) or self._is_defined_by_tests(value):
            return ["h", self.number(value), getattr(value, "__name__", type(value).__name__)]
        raise TypeError(f"a {type(value).__name__} cannot be passed to the candidate; pass data or a function")

    def execute(self, operation: Any, number: Any, arguments: tuple[Any, ...]) -> Any:
        """Executes the candidate's request on one of the objects."""
        item = self.item(number)
        if operation == "call" and isinstance(item, _CALLABLE):
            positional, named = arguments
            return item(*positional, **named)
        if operation == "next" and isinstance(item, Iterator):
            return next(((value,) for value in item), ())
        if operation == "iter" and isinstance(item, Iterator):
            return item
        if self._is_defined_by_tests(item) and operation in _OBJECT_OPERATIONS:
            return _OBJECT_OPERATIONS[operation](item, *arguments)
        raise TypeError(f"the candidate cannot use a {type(item).__name__} object in this way")

    def _is_defined_by_tests(self, value: Any) -> bool:
        module = sys.modules.get(type(value).__module__)
        return str(getattr(module, "__file__", None) or "").startswith(self._tests)


def _public(name: Any) -> str:
    if type(name) is not str or name.startswith("_"):
        raise AttributeError(name)
    return name


def _get(item: Any, name: Any) -> Any:
    return getattr(item, _public(name))


def _set(item: Any, name: Any, value: Any) -> None:
    setattr(item, _public(name), value)


def _call(item: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return item(*arguments, **named)


_OBJECT_OPERATIONS: dict[Any, Callable[..., Any]] = {
    "get": _get,
    "set": _set,
    "call": _call,
    "iter": iter,
    "len": len,
    "item": operator.getitem,
}


def builtin_base_name(kind: type) -> str:
    """The name of the first builtin class among its ancestors."""
    return next((base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, None) is base), "object")
