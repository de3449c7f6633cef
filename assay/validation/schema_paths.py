"""Finds the types and the value at a path of a msgspec error, such as ``$.models[0]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

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


def types_at(kind: Any, path: str) -> tuple[inspect.Type, ...]:
    types = members(type_info(kind))
    for step in _steps(path):
        types = tuple(member for node in types for child in _children(node, step) for member in members(child))
    return types


def value_at(value: Any, path: str) -> Any:
    """The part of a plain value at that path; UNSET if it cannot be found."""
    try:
        for step in _steps(path):
            value = value[int(step)] if isinstance(value, list | tuple) else value[step]
    except (LookupError, ValueError, TypeError):
        return msgspec.UNSET
    return value


def json_value(data: bytes) -> Any:
    """The JSON as a plain value; UNSET if it is not JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET


def _steps(path: str) -> list[str]:
    """``.models[0]`` is ``["models", "0"]``; msgspec writes ``[...]`` for any key of a mapping."""
    return [index or name for index, name in _STEP.findall(path)]
