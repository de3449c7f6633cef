"""The candidate's errors as the tests see them."""

from __future__ import annotations

import builtins
from typing import Any, cast

from ..wire.codec import Malformed

_LOSSY = frozenset({"StopIteration", "StopAsyncIteration", "GeneratorExit", "BaseExceptionGroup", "ExceptionGroup"})
"""If raised in a test as they are, these would end a loop early or not at all: they become RuntimeError."""


class CandidateDied(BaseException):
    """The candidate ended, timed out or violated the protocol. A BaseException, so that no test takes it for an
    expected error."""


class CandidateError(Exception):
    """An error raised by the candidate. Each class of the candidate gets its own, which also derives from the same
    builtin class: ``pytest.raises(ValueError)`` catches the candidate's ValueErrors, and
    ``pytest.raises(solution.Broken)`` only its Broken."""

    kind = ""
    """What a driver calls it."""
    _message = ""
    _attributes: Any = None

    def __str__(self) -> str:
        return self._message

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or self._attributes is None:
            raise AttributeError(name)
        return getattr(self._attributes, name)


class ErrorClasses:
    """The classes created so far, by the candidate's names for them."""

    def __init__(self) -> None:
        self._classes: dict[tuple[Any, ...], type[CandidateError]] = {}

    def get(self, lineage: Any, leaves: Any) -> type[CandidateError]:
        """Raises Malformed for invalid names."""
        names = tuple(map(_pair, _list(lineage)))
        bases = tuple(name if _is_error(name) else "RuntimeError" for name in map(_text, _list(leaves)))
        return self._class(names[:32], bases[:4] or ("Exception",))

    def driver_error(self, kind: str, message: str) -> CandidateError:
        """An error that a driver reports. If ``kind`` is the name of a builtin class, it derives from that."""
        name = kind if kind.isidentifier() else "Error"
        error = self.get([["driver", name]], [name])(message)
        error._message, error.kind = message, kind
        return error

    def _class(self, names: tuple[tuple[str, str], ...], bases: tuple[str, ...]) -> type[CandidateError]:
        key = (names, bases)
        if key not in self._classes:
            self._classes[key] = self._create(names, bases)
        return self._classes[key]

    def _create(self, names: tuple[tuple[str, str], ...], bases: tuple[str, ...]) -> type[CandidateError]:
        if names:
            parents: tuple[type, ...] = (self._class(names[1:], bases),)
            module, name = names[0]
        else:
            parents = (CandidateError, *(getattr(builtins, base) for base in bases))
            module, name = "builtins", bases[0]
        try:
            created = type(name, parents, {"__module__": module})
        except TypeError:
            created = type(name, parents[:2], {"__module__": module})
        return cast("type[CandidateError]", created)


def _is_error(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, Exception) and name not in _LOSSY


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Malformed("not a list")
    return value


def _pair(value: Any) -> tuple[str, str]:
    module, name = (_text(part) for part in _list(value)) if len(_list(value)) == 2 else ("", "")
    return module, name


def _text(value: Any) -> str:
    if type(value) is not str or not value.isprintable() or len(value) > 200:
        raise Malformed("not a name")
    return value
