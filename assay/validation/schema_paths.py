"""Finds the types and the value at a path of a msgspec error, such as ``$.models[0]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

Steps = tuple[str | int, ...]
"""``("models", 0)``; ``"..."`` is any key of a mapping."""
ANY_KEY = "..."
_MAX_KEYS = 1_000
_STEP = re.compile(r"\[(\d+|\.\.\.)\]|\.([^.\[]+)")


def field_names(types: Sequence[inspect.Type]) -> list[str]:
    return [field.encode_name for node in types if isinstance(node, inspect.StructType) for field in node.fields]


@cache
def type_info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def members(node: inspect.Type) -> tuple[inspect.Type, ...]:
    """The members of a union, or the type itself."""
    if isinstance(node, inspect.Metadata):
        return members(node.type)
    if isinstance(node, inspect.UnionType):
        return tuple(member for inner in node.types for member in members(inner))
    return (node,)


def _children(node: inspect.Type, step: str) -> Iterator[inspect.Type]:
    match node:
        case inspect.StructType():
            if step == node.tag_field:
                yield inspect.LiteralType((node.tag,))
            yield from (field.type for field in node.fields if field.encode_name == step)
        case inspect.DictType():
            yield node.value_type
        case inspect.ListType() | inspect.VarTupleType():
            yield node.item_type
        case _:
            return


def types_at(kind: Any, steps: Steps) -> tuple[inspect.Type, ...]:
    types = members(type_info(kind))
    for step in steps:
        types = tuple(member for node in types for child in _children(node, str(step)) for member in members(child))
    return types


def value_at(value: Any, steps: Steps) -> Any:
    """The part of a plain value at that path; UNSET if it cannot be found."""
    try:
        for step in steps:
            value = value[step]
    except (LookupError, TypeError):
        return msgspec.UNSET
    return value


def json_value(data: bytes) -> Any:
    """The JSON as a plain value; UNSET if it is not JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET


def steps_of(path: str) -> Steps:
    """``.models[0]`` is ``("models", 0)``; msgspec writes ``[...]`` for any key of a mapping."""
    return tuple(int(index) if index.isdigit() else index or name for index, name in _STEP.findall(path))


def path_of(steps: Steps) -> str:
    """``models[0]``."""
    text = "".join(f"[{step}]" if isinstance(step, int) or step == ANY_KEY else f".{step}" for step in steps)
    return text.removeprefix(".")


def with_keys(kind: Any, error: str, value: Any, steps: Steps) -> Steps:
    """The path with the keys of mappings that msgspec leaves out, as far as they can be found."""
    while ANY_KEY in steps:
        before, after = steps[: steps.index(ANY_KEY)], steps[steps.index(ANY_KEY) + 1 :]
        key = wrong_key(kind, error, value, before)
        if key is None:
            return steps
        steps, value = (*before, key, *after), _replaced(value, before, {key: value_at(value, (*before, key))})
    return steps


def wrong_key(kind: Any, error: str, value: Any, steps: Steps) -> str | None:
    """The key of a mapping at a path that causes the error: alone, it causes the same."""
    mapping = value_at(value, steps)
    for key in list(mapping)[:_MAX_KEYS] if isinstance(mapping, dict) else ():
        try:
            msgspec.convert(_replaced(value, steps, {key: mapping[key]}), kind)
        except msgspec.ValidationError as found:
            if str(found) == error:
                return str(key)
    return None


def _replaced(value: Any, steps: Steps, part: Any) -> Any:
    """A copy of the value with another part at that path."""
    if not steps:
        return part
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[steps[0]] = _replaced(value[steps[0]], steps[1:], part)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return copy
