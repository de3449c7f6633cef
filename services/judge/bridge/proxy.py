"""The candidate's objects as the tests see them: handles that ask, and never believe what an object says of itself.

Forwarded: public attributes, calls, items, ``len``, iteration, ``with``, ``str``, ``repr``, ``isinstance`` of a
candidate's class. Not forwarded, so that no answer can depend on what it is compared with: ``==``, order, ``bool``,
``hash``, ``in``, arithmetic, and the suppression of errors by ``with``. ``candidate.invoke`` asks for those in so many
words.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Protocol

FORWARDED = frozenset({"__name__", "__qualname__", "__wrapped__", "__version__", "__all__", "__annotations__"})
MAX_STEPS = 200_000
"""Of one iteration."""


class Asks(Protocol):
    def ask(self, operation: str, target: Any, *arguments: Any) -> Any: ...


class Handle:
    """Where an object is: its number in one life of the candidate, and, for what can be found again, its path."""

    __slots__ = ("life", "link", "number", "path", "steps", "type_name")

    def __init__(self, link: Asks, number: int, type_name: str, life: int) -> None:
        self.link, self.number, self.type_name, self.life = link, number, type_name, life
        self.path: tuple[str, tuple[str, ...]] | None = None
        self.steps = 0


def handle_of(value: Any) -> Handle | None:
    """None for what is no proxy."""
    if isinstance(value, Remote | RemoteModule | RemoteValue):
        return object.__getattribute__(value, "_handle")
    return None


def forwards(name: str) -> bool:
    return name in FORWARDED or not name.startswith(("_", "pytest"))


def _get(proxy: Any, name: str) -> Any:
    handle: Handle = object.__getattribute__(proxy, "_handle")
    if not forwards(name):
        raise AttributeError(f"{name!r} of a candidate's object is not forwarded; see candidate.invoke")
    found = handle.link.ask("get", proxy, name)
    below = handle_of(found)
    if below and handle.path and below.path is None:
        below.path = (handle.path[0], (*handle.path[1], name))
    return found


def _ask(proxy: Any, operation: str, *arguments: Any) -> Any:
    return object.__getattribute__(proxy, "_handle").link.ask(operation, proxy, *arguments)


class Remote:
    __slots__ = ("__weakref__", "_handle")

    def __init__(self, handle: Handle) -> None:
        object.__setattr__(self, "_handle", handle)

    def __getattr__(self, name: str) -> Any:
        return _get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not forwards(name):
            raise AttributeError(f"{name!r} of a candidate's object cannot be set")
        _ask(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "delete", name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return _ask(self, "call", arguments, named)

    def __len__(self) -> int:
        return _exact(_ask(self, "len"), int)

    def __iter__(self) -> Any:
        return _ask(self, "iter")

    def __next__(self) -> Any:
        handle: Handle = object.__getattribute__(self, "_handle")
        handle.steps += 1
        if handle.steps > MAX_STEPS:
            raise RuntimeError(f"the candidate's iterator gave more than {MAX_STEPS} values")
        found = _exact(_ask(self, "next"), tuple)
        if not found:
            raise StopIteration
        return found[0]

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "item", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask(self, "set_item", key, value)

    def __delitem__(self, key: Any) -> None:
        _ask(self, "delete_item", key)

    def __enter__(self) -> Any:
        return _ask(self, "invoke", "__enter__", (), {})

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        _ask(self, "invoke", "__exit__", (kind, error, None), {})

    def __str__(self) -> str:
        return _exact(_ask(self, "str"), str)

    def __repr__(self) -> str:
        return _exact(_ask(self, "repr"), str)

    def __instancecheck__(self, value: Any) -> bool:
        return handle_of(value) is not None and _ask(self, "instance", value) is True

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: Any) -> bool:
        raise TypeError("'in' is not believed of a candidate's object: search list(it), or candidate.invoke(...)")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class RemoteValue:
    """Mixed into the data of a candidate's subclass of ``tuple``, ``str`` and so on: equal as data, and more."""

    def __getattr__(self, name: str) -> Any:
        return _get(self, name)


VALUES: dict[type, type] = {
    plain: type(f"Remote{plain.__name__.title()}", (RemoteValue, plain), {})
    for plain in (tuple, str, int, float, bytes)
}


class RemoteModule(ModuleType):
    _handle: Handle

    def __init__(self, name: str, handle: Handle) -> None:
        super().__init__(name)
        object.__setattr__(self, "_handle", handle)

    def __getattr__(self, name: str) -> Any:
        return _ask(self, "names") if name == "__all__" else _get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") or (handle_of(value) is not None and isinstance(value, RemoteModule)):
            object.__setattr__(self, name, value)
        else:
            _ask(self, "set", name, value)


def _exact(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"the candidate's object answers with a {type(value).__name__}, not {kind.__name__}")
    return value
