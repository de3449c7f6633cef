"""Imports the submitted modules, executes requests on them and answers with data.

Nothing here is trusted: submitted code shares this process and may change all of it. All that it gains is control over
its own answers.
"""

from __future__ import annotations

import builtins
import importlib
import operator
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from ..wire.argument_changes import encode_changes, snapshot
from ..wire.codec import Decoder, Encoder, Malformed, Memo, TooDeep
from ..wire.frames import dump, load
from .callback_proxy import CallbackProxy, TestAborted, decode_answer


class CandidateHost:
    """Answers requests from ``source`` on ``sink`` until there are no more. ``_objects`` are those that the tests
    have handles of."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}
        self._active = 0
        self._lock = threading.RLock()

    def serve(self) -> None:
        while line := self._source.readline():
            self._sink.write(self._answer(load(line)))
            self._sink.flush()

    def call_back(self, frame: list[Any], arguments: tuple[Any, ...]) -> Any:
        """Sends a request back to the tests, which wait for an answer, to use one of their objects."""
        with self._lock:
            if not self._active:
                raise RuntimeError("objects of the tests can only be used during a call")
            memo = Memo()
            self._sink.write(dump(["k", *frame, Encoder(memo, self._encode_reference).value(arguments)]))
            self._sink.flush()
            return decode_answer(load(self._source.readline()), Decoder(Memo(), self._decode_reference))

    def _answer(self, frame: list[Any]) -> bytes:
        _, number, operation, encoded_arguments = frame
        memo = Memo()
        arguments = Decoder(memo, self._decode_reference).value(encoded_arguments)
        before = snapshot(memo)
        encoder = Encoder(memo, self._encode_reference)
        self._active += 1
        try:
            kind, value = "r", encoder.value(OPERATIONS[operation](*arguments))
        except TooDeep as error:
            kind, value = "e", self._encode_error(RuntimeError(str(error)), encoder)
        except BaseException as error:
            if operation == "import" and not isinstance(error, TestAborted):
                traceback.print_exc()
            kind, value = "e", self._encode_error(error, encoder)
        finally:
            self._active -= 1
        with suppress(Exception):
            sys.stdout.flush()
        return dump([kind, number, value, encode_changes(memo, before, encoder)])

    def handle(self, value: Any) -> int:
        """The same number for the same object."""
        if id(value) not in self._handles:
            self._handles[id(value)] = len(self._objects)
            self._objects.append(value)
        return self._handles[id(value)]

    def _encode_reference(self, value: Any, encoder: Encoder, depth: int) -> list[Any]:
        if type(value) is CallbackProxy:
            return ["H", object.__getattribute__(value, "_number")]
        if isinstance(value, type) and issubclass(value, BaseException):
            return ["x", self.handle(value), *class_names(value)]
        if isinstance(value, BaseException):
            return ["X", *self._describe_error(value, encoder, depth)]
        for plain in (str, int, float, bytes, tuple):
            if isinstance(value, plain):
                return ["v", self.handle(value), type(value).__name__, encoder.value(_plain_value(plain, value), depth)]
        if isinstance(value, type) and _is_builtin(value):
            return ["b", value.__name__]
        return ["h", self.handle(value), type(value).__name__]

    def _encode_error(self, error: BaseException, encoder: Encoder) -> list[Any]:
        if isinstance(error, TestAborted) or hasattr(error, "callback_number"):
            return ["L", getattr(error, "callback_number", -1)]
        return self._describe_error(error, encoder, 0)

    def _describe_error(self, error: BaseException, encoder: Encoder, depth: int) -> list[Any]:
        try:
            message = str(error)
            arguments = encoder.values(error.args, depth)
        except BaseException:
            message, arguments = "", list[Any]()
        return [self.handle(error), *class_names(type(error)), message, arguments]

    def _decode_reference(self, tag: str, rest: list[Any], decoder: Decoder, depth: int) -> Any:
        if tag == "H":
            return self._objects[rest[0]]
        if tag == "h":
            return CallbackProxy(self, *rest)
        if tag == "B":
            return getattr(builtins, rest[0])
        if tag == "E":
            return getattr(builtins, rest[0])(rest[1])
        raise Malformed(tag)


def class_names(kind: type[BaseException]) -> tuple[list[Any], list[str]]:
    """The class's own ancestors up to the first builtin ones, and the most derived builtin ones."""
    own = [base for base in kind.__mro__ if not _is_builtin(base)]
    builtin_bases = [base for base in kind.__mro__ if _is_builtin(base) and issubclass(base, BaseException)]
    leaves = [
        base
        for base in builtin_bases
        if not any(other is not base and issubclass(other, base) for other in builtin_bases)
    ]
    return [[str(base.__module__), str(base.__qualname__)] for base in own], [base.__name__ for base in leaves]


def _is_builtin(kind: type) -> bool:
    return getattr(builtins, kind.__name__, None) is kind


def _plain_value(kind: type, value: Any) -> Any:
    """The data of a subclass instance, through the builtin's own methods."""
    if kind is tuple:
        return tuple.__getitem__(value, slice(None))
    if kind is int:
        return int.__add__(value, 0)
    if kind is float:
        return float.__add__(value, 0.0)
    return kind.__getitem__(value, slice(None))


def _resolve(module: str, names: tuple[str, ...]) -> Any:
    value: Any = importlib.import_module(module)
    for name in names:
        value = getattr(value, name)
    return value


def _next(iterator: Any) -> tuple[Any, ...]:
    try:
        return (next(iterator),)
    except StopIteration:
        return ()


def _call(target: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return target(*arguments, **named)


def _invoke(target: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return getattr(target, name)(*arguments, **named)


def _instance(kind: Any, value: Any) -> bool:
    return isinstance(value, kind)


def _names(module: Any) -> list[str]:
    return list(getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")])


OPERATIONS: dict[str, Callable[..., Any]] = {
    "import": importlib.import_module,
    "resolve": _resolve,
    "get": getattr,
    "set": setattr,
    "delete": delattr,
    "call": _call,
    "invoke": _invoke,
    "len": len,
    "iter": iter,
    "next": _next,
    "item": operator.getitem,
    "set_item": operator.setitem,
    "delete_item": operator.delitem,
    "str": str,
    "repr": repr,
    "instance": _instance,
    "names": _names,
}


def main(workspace: str) -> None:
    """Moves the channel away from stdin and stdout, so that output of submitted code goes to stderr."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.path.insert(0, workspace)
    sys.argv = [workspace]
    CandidateHost(source, sink).serve()
