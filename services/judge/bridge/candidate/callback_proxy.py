"""Objects of the tests as the candidate sees them: using one becomes a request to the tests."""

from __future__ import annotations

import builtins
from typing import Any, Protocol

from ..wire.codec import Decoder


class CallbackHost(Protocol):
    def call_back(self, frame: list[Any], arguments: tuple[Any, ...]) -> Any: ...


class TestAborted(BaseException):
    """A test gave up during a callback, so no more requests will come."""

    callback_number = -1


class CallbackProxy:
    """A function, an iterator, or an instance of a class that the tests define."""

    __slots__ = ("__name__", "_host", "_number")

    def __init__(self, host: CallbackHost, number: int, name: str) -> None:
        object.__setattr__(self, "_host", host)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "__name__", name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._host.call_back(["call", self._number], (arguments, named))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._host.call_back(["get", self._number], (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._host.call_back(["set", self._number], (name, value))

    def __iter__(self) -> Any:
        return self._host.call_back(["iter", self._number], ())

    def __next__(self) -> Any:
        found = self._host.call_back(["next", self._number], ())
        if not found:
            raise StopIteration
        return found[0]

    def __len__(self) -> int:
        return self._host.call_back(["len", self._number], ())

    def __getitem__(self, key: Any) -> Any:
        return self._host.call_back(["item", self._number], (key,))

    def __bool__(self) -> bool:
        return True


def decode_answer(frame: list[Any], decoder: Decoder) -> Any:
    """The value of an answer; raises the error it contains as the nearest builtin class."""
    if frame[0] == "a":
        return decoder.value(frame[1])
    _, number, name, message = frame
    base = getattr(builtins, name, Exception)
    error = type(name, (base,), {"callback_number": number})(message)
    raise error
