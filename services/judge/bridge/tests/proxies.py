"""The candidate's objects as the tests see them: proxies that forward uses, but never trust what an object says of
itself.

Forwarded: public attributes, calls, items, ``len``, iteration, ``with``, ``str``, ``repr``, ``isinstance`` with a
candidate's class. Not forwarded, so that no answer can depend on what it is compared with: ``==``, order, ``bool``,
``hash``, ``in``, arithmetic, and the suppression of errors by ``with``. ``candidate.invoke`` calls those explicitly.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Protocol

FORWARDED = frozenset({"__name__", "__qualname__", "__wrapped__", "__version__", "__all__", "__annotations__"})
MAX_ITERATIONS = 200_000
"""Per iterator."""


class Requester(Protocol):
    def request(self, operation: str, target: Any, *arguments: Any) -> Any: ...


class Handle:
    """Locates an object: its number in one generation of the candidate, and its import path if it has one."""

    __slots__ = ("generation", "iterations", "link", "number", "path", "type_name")

    def __init__(self, link: Requester, number: int, type_name: str, generation: int) -> None:
        self.link, self.number, self.type_name, self.generation = link, number, type_name, generation
        self.path: tuple[str, tuple[str, ...]] | None = None
        self.iterations = 0


def get_handle(value: Any) -> Handle | None:
    """None for anything but a proxy."""
    if isinstance(value, Remote | RemoteModule | RemoteValue):
        return object.__getattribute__(value, "_handle")
    return None


def forwards(name: str) -> bool:
    return name in FORWARDED or not name.startswith(("_", "pytest"))


def _get(proxy: Any, name: str) -> Any:
    handle: Handle = object.__getattribute__(proxy, "_handle")
    if not forwards(name):
        raise AttributeError(f"{name!r} of a candidate's object is not forwarded; see candidate.invoke")
    result = handle.link.request("get", proxy, name)
    child = get_handle(result)
    if child and handle.path and child.path is None:
        child.path = (handle.path[0], (*handle.path[1], name))
    return result


def _request(proxy: Any, operation: str, *arguments: Any) -> Any:
    return object.__getattribute__(proxy, "_handle").link.request(operation, proxy, *arguments)


class Remote:
    __slots__ = ("__weakref__", "_handle")

    def __init__(self, handle: Handle) -> None:
        object.__setattr__(self, "_handle", handle)

    def __getattr__(self, name: str) -> Any:
        return _get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not forwards(name):
            raise AttributeError(f"{name!r} of a candidate's object cannot be set")
        _request(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        _request(self, "delete", name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return _request(self, "call", arguments, named)

    def __len__(self) -> int:
        return _exact(_request(self, "len"), int)

    def __iter__(self) -> Any:
        return _request(self, "iter")

    def __next__(self) -> Any:
        handle: Handle = object.__getattribute__(self, "_handle")
        handle.iterations += 1
        if handle.iterations > MAX_ITERATIONS:
            raise RuntimeError(f"the candidate's iterator yielded more than {MAX_ITERATIONS} values")
        result = _exact(_request(self, "next"), tuple)
        if not result:
            raise StopIteration
        return result[0]

    def __getitem__(self, key: Any) -> Any:
        return _request(self, "item", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _request(self, "set_item", key, value)

    def __delitem__(self, key: Any) -> None:
        _request(self, "delete_item", key)

    def __enter__(self) -> Any:
        return _request(self, "invoke", "__enter__", (), {})

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        _request(self, "invoke", "__exit__", (kind, error, None), {})

    def __str__(self) -> str:
        return _exact(_request(self, "str"), str)

    def __repr__(self) -> str:
        return _exact(_request(self, "repr"), str)

    def __instancecheck__(self, value: Any) -> bool:
        return get_handle(value) is not None and _request(self, "instance", value) is True

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: Any) -> bool:
        raise TypeError("'in' is not forwarded to a candidate's object: search list(it), or use candidate.invoke(...)")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class RemoteValue:
    """Mixed into the data of a candidate's subclass of ``tuple``, ``str`` and so on: equal as data, with forwarded
    attributes."""

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
        return _request(self, "names") if name == "__all__" else _get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") or (get_handle(value) is not None and isinstance(value, RemoteModule)):
            object.__setattr__(self, name, value)
        else:
            _request(self, "set", name, value)


def _exact(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"the candidate's object returned a {type(value).__name__} instead of a {kind.__name__}")
    return value
