"""What tests hand to the candidate that is no data: lent by number, to be called or asked and no more."""

from __future__ import annotations

import builtins
import operator
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType, MethodWrapperType
from typing import Any

from .codec import Encoder, Malformed
from .proxy import handle_of
from .raised import CandidateError

_CALLABLE = (FunctionType, MethodType, BuiltinFunctionType, MethodDescriptorType, MethodWrapperType, partial, type)


class Lending:
    """``tests`` is the folder of the hidden tests: objects of classes defined there may be lent whole."""

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
            raise Malformed("a number of nothing lent")
        return self._items[number]

    def lend(self, value: Any, encoder: Encoder, depth: int) -> list[Any]:
        """TypeError for what cannot cross."""
        if handle := handle_of(value):
            return ["H", handle.number]
        if isinstance(value, CandidateError) and handle_of(value._attributes):
            return self.lend(value._attributes, encoder, depth)
        if isinstance(value, BaseException):
            return ["E", nearest(type(value)), str(value)]
        if isinstance(value, type) and issubclass(value, BaseException):
            return ["B", nearest(value)]
        if isinstance(value, type | BuiltinFunctionType) and getattr(builtins, value.__name__, None) is value:
            return ["B", value.__name__]
        if isinstance(value, (*_CALLABLE, Iterator)) or self._is_ours(value):
            return ["h", self.number(value), getattr(value, "__name__", type(value).__name__)]
        raise TypeError(f"a {type(value).__name__} cannot be handed to the candidate; pass data or a function")

    def use(self, operation: Any, number: Any, arguments: tuple[Any, ...]) -> Any:
        """What the candidate asks of something lent."""
        item = self.item(number)
        if operation == "call" and isinstance(item, _CALLABLE):
            given, named = arguments
            return item(*given, **named)
        if operation == "next" and isinstance(item, Iterator):
            return next(((value,) for value in item), ())
        if operation == "iter" and isinstance(item, Iterator):
            return item
        if self._is_ours(item) and operation in _OBJECT:
            return _OBJECT[operation](item, *arguments)
        raise TypeError(f"{type(item).__name__} object cannot be used so by the candidate")

    def _is_ours(self, value: Any) -> bool:
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


_OBJECT: dict[Any, Callable[..., Any]] = {
    "get": _get,
    "set": _set,
    "call": _call,
    "iter": iter,
    "len": len,
    "item": operator.getitem,
}


def nearest(kind: type) -> str:
    """The name of the first builtin class it derives from."""
    return next((base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, None) is base), "object")
