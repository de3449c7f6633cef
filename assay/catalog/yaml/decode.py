"""Decodes plain values into structs, strictly, and reports every mistake at its line.

``msgspec.convert`` decides what is valid, but stops at the first mistake. The walk before it finds them all, and also
refuses unknown fields in structs that accept them on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from assay.catalog.formats import FORMATS
from assay.catalog.yaml.document import Document, FieldPath
from assay.validation.did_you_mean import one_of, unknown_name
from assay.validation.field_errors import shown, value_error

T = TypeVar("T")

_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class _Field:
    kind: Any
    required: bool


def decode_document(document: Document, kind: type[T], value: Any = None, at: FieldPath = ()) -> T | None:
    """The document's value (or ``value``, a part of it) as a ``kind``. If it is invalid, returns None and adds the
    mistakes to the document."""
    value = document.value if value is None else value
    known = len(document.mistakes)
    _walk(document, kind, value, at)
    if len(document.mistakes) > known:
        return None
    return _convert(document, kind, value, at)


def _convert(document: Document, kind: Any, value: Any, at: FieldPath) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        explained = value_error(kind, str(error), value, formats=FORMATS)
        document.add_mistake((*at, *_path(explained.where)), explained.message, explained.near)
        return None


def _path(where: str) -> FieldPath:
    """Parses ``checks[0].kind``."""
    return tuple(int(index) if index else name for name, index in _PART.findall(f".{where}" if where else ""))


def _walk(document: Document, kind: Any, value: Any, at: FieldPath) -> None:
    kind = _member_for(_unwrapped(kind), value)
    if _is_struct(kind):
        _walk_struct(document, kind, value, at)
    elif members := _tagged_members(kind):
        _walk_tagged(document, members, value, at)
    elif (inner := _item_type(kind)) is not None and isinstance(value, list):
        for index in range(len(value)):
            _walk_part(document, inner, value, index, at)
    elif (inner := _value_type(kind)) is not None and isinstance(value, dict):
        for key in value:
            _walk_part(document, inner, value, key, at)
    elif isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
        _walk_enum(document, kind, value, at)
    elif kind is Decimal and isinstance(value, str) and not _DECIMAL.fullmatch(value):
        explained = value_error(Decimal, "Invalid decimal string", value)
        document.add_mistake(at, explained.message)


def _walk_part(document: Document, kind: Any, parent: Any, key: str | int, at: FieldPath) -> None:
    """Walks into an item or field; if nothing inside is wrong, converts it as a whole to check its bounds. Where text
    is expected, a number or truth value becomes the text as written."""
    place, known = (*at, key), len(document.mistakes)
    if document.full:
        return
    if place in document.texts and _takes_text(kind):
        parent[key] = document.texts[place]
    _walk(document, kind, parent[key], place)
    if len(document.mistakes) == known:
        _convert(document, kind, parent[key], place)


def _walk_struct(document: Document, kind: Any, value: Any, at: FieldPath) -> None:
    if not isinstance(value, Mapping):
        document.add_mistake(at, f"expected fields with values, got {shown(value)}")
        return
    fields = _fields(kind)
    tag = kind.__struct_config__.tag_field
    for name in value:
        if name not in fields and name != tag and not document.full:
            message, match = unknown_name("field", str(name), fields)
            document.add_mistake((*at, str(name)), message, match)
    for name, field in fields.items():
        if name in value:
            _walk_part(document, field.kind, value, name, at)
        elif field.required:
            document.add_mistake((*at, name), "is missing")


@cache
def _fields(kind: Any) -> dict[str, _Field]:
    """The struct's fields by their names in files; remembered, because finding out takes longer than decoding."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.encode_name: _Field(kind=hints[field.name], required=field.required)
        for field in msgspec.structs.fields(kind)
    }


def _walk_tagged(document: Document, members: dict[str, Any], value: Any, at: FieldPath) -> None:
    first = next(iter(members.values()))
    tag = first.__struct_config__.tag_field
    noun = _noun(first)
    if not isinstance(value, Mapping):
        document.add_mistake(at, f"expected fields with values, got {shown(value)}")
    elif tag not in value:
        document.add_mistake((*at, tag), f"is missing; {one_of(members)}")
    elif str(value[tag]) not in members:
        message, match = unknown_name(noun, str(value[tag]), members)
        document.add_mistake((*at, tag), message, match)
    else:
        _walk_struct(document, members[str(value[tag])], value, at)


def _noun(member: Any) -> str:
    """The name of the struct from which all members of a tagged union derive: ``check``."""
    structs = [base for base in member.__mro__ if _is_struct(base) and base is not msgspec.Struct]
    return next(base for base in reversed(structs) if base.__struct_config__.tag_field).__name__.lower()


def _walk_enum(document: Document, kind: type[Enum], value: str, at: FieldPath) -> None:
    values = [str(member.value) for member in kind]
    if value not in values:
        named = at[-1] if at and isinstance(at[-1], str) else kind.__name__.lower()
        message, match = unknown_name(named, value, values)
        document.add_mistake(at, message, match)


def _unwrapped(kind: Any) -> Any:
    """The type without ``Annotated`` and ``| None``."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        return _unwrapped(members[0]) if len(members) == 1 else kind
    return kind


def _members(kind: Any) -> list[Any]:
    kind = _unwrapped(kind)
    return [_unwrapped(member) for member in get_args(kind)] if get_origin(kind) in (Union, UnionType) else [kind]


def _member_for(kind: Any, value: Any) -> Any:
    """The list or mapping of a union that can hold the value, or the union itself."""
    members = [] if _tagged_members(kind) else _members(kind)
    if isinstance(value, dict):
        return next((member for member in members if _value_type(member) is not None), kind)
    if isinstance(value, list):
        return next((member for member in members if _item_type(member) is not None), kind)
    return kind


def _takes_text(kind: Any) -> bool:
    """Whether a field holds text (or an exact decimal), and neither numbers nor truth values."""
    members = _members(kind)
    return any(kind in members for kind in (str, Decimal)) and not any(kind in members for kind in (int, float, bool))


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _tagged_members(kind: Any) -> dict[str, Any]:
    """The structs of a tagged union by tag; empty for any other type."""
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    if not members or not all(_is_struct(member) for member in members):
        return {}
    return {str(member.__struct_config__.tag): member for member in members}


def _item_type(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) in (tuple, list) and get_args(kind) else None


def _value_type(kind: Any) -> Any:
    return get_args(kind)[1] if get_origin(kind) is dict else None
