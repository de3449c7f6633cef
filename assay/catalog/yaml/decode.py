"""Plain values as structs, strictly, with every mistake found and told at its line.

``msgspec.convert`` decides what is valid; the walk before it finds all mistakes where convert would stop at the first,
and refuses unknown fields also in structs that elsewhere must be lenient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from assay.catalog.did_you_mean import listing, unknown
from assay.catalog.yaml.document import At, Document

T = TypeVar("T")

_PLACE = re.compile(r"^(?P<message>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def read(document: Document, kind: type[T], value: Any = None, at: At = ()) -> T | None:
    """The document's value (or a part of it) as a ``kind``; None when it is not, with the mistakes in the document."""
    value = document.value if value is None else value
    known = len(document.mistakes)
    _walk(document, kind, value, at)
    if len(document.mistakes) > known:
        return None
    return _convert(document, kind, value, at)


def _convert(document: Document, kind: Any, value: Any, at: At) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        assert match is not None
        found = _parts(match["place"] or "")
        message = match["message"]
        document.wrong((*at, *found), message[:1].lower() + message[1:])
        return None


def _parts(place: str) -> At:
    """``$.checks[0].kind`` as a path."""
    return tuple(int(index) if index else name for name, index in _PART.findall(place))


def _walk(document: Document, kind: Any, value: Any, at: At) -> None:
    kind = _bare(kind)
    if _is_struct(kind):
        _walk_struct(document, kind, value, at)
    elif members := _tagged(kind):
        _walk_tagged(document, members, value, at)
    elif (inner := _items(kind)) is not None and isinstance(value, list):
        for index, item in enumerate(value):
            _walk(document, inner, item, (*at, index))
    elif (inner := _values(kind)) is not None and isinstance(value, dict):
        for key, item in value.items():
            _walk(document, inner, item, (*at, key))
    elif isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
        _walk_enum(document, kind, value, at)


def _walk_struct(document: Document, kind: Any, value: Any, at: At) -> None:
    if not isinstance(value, Mapping):
        document.wrong(at, f"expected fields with values, got {_named(value)}")
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    tag = kind.__struct_config__.tag_field
    for name in value:
        if name not in fields and name != tag:
            message, match = unknown("field", str(name), fields)
            document.wrong((*at, str(name)), message, match)
    for name, field in fields.items():
        if name in value:
            _leaf(document, get_type_hints(kind, include_extras=True)[field.name], value[name], (*at, name))
        elif field.required:
            document.wrong((*at, name), "is missing")


def _leaf(document: Document, kind: Any, value: Any, at: At) -> None:
    """Walks into a field; if nothing was wrong inside, the field as a whole is still converted, for its bounds."""
    known = len(document.mistakes)
    _walk(document, kind, value, at)
    if len(document.mistakes) == known:
        _convert(document, kind, value, at)


def _walk_tagged(document: Document, members: dict[str, Any], value: Any, at: At) -> None:
    first = next(iter(members.values()))
    tag = first.__struct_config__.tag_field
    noun = first.__mro__[1].__name__.lower()
    if not isinstance(value, Mapping):
        document.wrong(at, f"expected fields with values, got {_named(value)}")
    elif tag not in value:
        document.wrong((*at, tag), f"is missing; {listing(members)}")
    elif str(value[tag]) not in members:
        message, match = unknown(noun, str(value[tag]), members)
        document.wrong((*at, tag), message, match)
    else:
        _walk_struct(document, members[str(value[tag])], value, at)


def _walk_enum(document: Document, kind: type[Enum], value: str, at: At) -> None:
    values = [str(member.value) for member in kind]
    if value not in values:
        named = at[-1] if at and isinstance(at[-1], str) else kind.__name__.lower()
        message, match = unknown(named, value, values)
        document.wrong(at, message, match)


def _bare(kind: Any) -> Any:
    """The type without its ``Annotated`` and without an ``| None`` beside it."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        return _bare(members[0]) if len(members) == 1 else kind
    return kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _tagged(kind: Any) -> dict[str, Any]:
    """The structs of a tagged union by their tags; empty for any other type."""
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    if not members or not all(_is_struct(member) for member in members):
        return {}
    return {str(member.__struct_config__.tag): member for member in members}


def _items(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) in (tuple, list) and get_args(kind) else None


def _values(kind: Any) -> Any:
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _named(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"`{type(value).__name__}`"
