"""Validation errors of msgspec and Litestar as sentences for users: the field, what is allowed, and the rejected value.

msgspec's "Invalid enum value 'chroot' - at `$.sandbox`" becomes: sandbox: must be one of docker, process, got "chroot".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from assay.contracts.problems import FieldError
from assay.validation.did_you_mean import closest, with_suggestion
from assay.validation.formats import FORMATS
from assay.validation.schema_paths import (
    field_names,
    json_value,
    members,
    path_of,
    steps_of,
    type_info,
    types_at,
    value_at,
    with_keys,
    wrong_key,
)

_MAX_SHOWN = 60
_TYPE_NAMES = {
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_PATH = re.compile(r"^(?P<message>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*?)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_WRONG_TYPE = re.compile(r"Expected `(?P<types>[^`]+)`, got `.*`")
_WRONG_FORMAT = re.compile(r"Expected `str` matching regex (?P<pattern>.*)", re.DOTALL)
_WRONG_LENGTH = re.compile(r"Expected `(?P<type>\w+)` of length (?P<bound>[<>=]=?) (?P<limit>\d+)")
_OUT_OF_RANGE = re.compile(r"Expected `\w+` (?P<bound>[<>]=?) (?P<limit>[\d.]+)")
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "==": "exactly"}
_SENTENCES = {
    "Invalid RFC3339 encoded date": "must be a date such as 2026-01-31",
    "Invalid RFC3339 encoded datetime": "must be a time such as 2026-01-31T12:00:00Z",
    "Invalid decimal string": "must be a decimal number such as 0.25",
    "Invalid base64 encoded string": "must be base64",
    "Number out of range": "must be a smaller number",
    "Integer value out of range": "must be a smaller number",
}


def field_error_text(error: FieldError) -> str:
    """A field error as one sentence."""
    return f"{error.where}: {with_suggestion(error.message, error.near)}"


def field_error(kind: Any, error: str, data: bytes, root: str = "body") -> FieldError:
    """Explains ``error``, a ValidationError from decoding ``data`` as ``kind``; ``root`` names the whole value."""
    return value_error(kind, error, json_value(data), root)


def value_error(kind: Any, error: str, value: Any, root: str = "", formats: Mapping[str, str] = FORMATS) -> FieldError:
    """The same for a plain value that was converted. ``formats`` says in words what patterns mean."""
    found = _PATH.match(error)
    message, path = (found["message"], found["path"] or "") if found else (error, "")
    steps = with_keys(kind, error, value, steps_of(path))
    where = path_of(steps)
    if found and found["key"]:
        key = wrong_key(kind, error, value, steps)
        about_key = _explained(where or root, message, msgspec.UNSET if key is None else key, (), formats)
        return msgspec.structs.replace(about_key, message=f"every key {about_key.message}")
    types = types_at(kind, steps)
    if unknown := _UNKNOWN.fullmatch(message):
        return unknown_field(where, unknown["name"], field_names(types))
    return _explained(where or root, message, value_at(value, steps), types, formats)


def parameter_error(where: str, error: str, value: Any, annotation: Any) -> FieldError:
    """The same for a path, query or header parameter."""
    return _explained(where, error, value, members(inspect.type_info(annotation)), FORMATS)


def unknown_fields(kind: Any, data: bytes) -> list[FieldError]:
    """Misspelled fields that a contract ignores because newer senders may add fields, but that users want reported."""
    return list(_unknown_fields(members(type_info(kind)), msgspec.json.decode(data), ""))


def unknown_field(where: str, name: str, known: Sequence[str]) -> FieldError:
    return FieldError(where=f"{where}.{name}" if where else name, message="unknown field", near=closest(name, known))


def _unknown_fields(types: Sequence[inspect.Type], value: Any, where: str) -> Iterator[FieldError]:
    struct = next((node for node in types if isinstance(node, inspect.StructType)), None)
    if struct is None or not isinstance(value, dict):
        return
    known = {field.encode_name: field.type for field in struct.fields}
    for name, inner in value.items():
        if name in known:
            yield from _unknown_fields(members(known[name]), inner, f"{where}.{name}" if where else name)
        else:
            yield unknown_field(where, name, list(known))


def _explained(
    where: str, message: str, value: Any, types: Sequence[inspect.Type], formats: Mapping[str, str]
) -> FieldError:
    choices = _choices(types)
    if choices and (message.startswith(("Invalid", "Expected `str"))):
        return FieldError(
            where=where,
            message=f"must be one of {', '.join(choices)}{_got(value)}",
            near=closest(value, choices) if isinstance(value, str) else None,
        )
    return FieldError(where=where, message=_sentence(message, value, types, formats))


def _sentence(message: str, value: Any, types: Sequence[inspect.Type], formats: Mapping[str, str]) -> str:
    if found := _MISSING.fullmatch(message):
        return f"the field {found['name']!r} is required"
    if found := _WRONG_TYPE.fullmatch(message):
        names = {**_TYPE_NAMES, "str": _format(types, formats) or _TYPE_NAMES["str"]}
        return f"must be {' or '.join(names.get(name, name) for name in found['types'].split(' | '))}{_got(value)}"
    if found := _WRONG_FORMAT.fullmatch(message):
        meanings = {repr(pattern): meaning for pattern, meaning in formats.items()}
        expected = meanings.get(found["pattern"]) or f"a string that matches {found['pattern']}"
        return f"must be {expected}{_got(value)}"
    if found := _WRONG_LENGTH.fullmatch(message):
        unit = ("character" if found["type"] == "str" else "item") + ("" if found["limit"] == "1" else "s")
        got = f", got {len(value)}" if isinstance(value, str | list | dict) else ""
        return f"must have {_BOUNDS[found['bound']]} {found['limit']} {unit}{got}"
    if found := _OUT_OF_RANGE.fullmatch(message):
        return f"must be {_BOUNDS[found['bound']]} {found['limit'].removesuffix('.0')}{_got(value)}"
    return f"{_SENTENCES.get(message, 'is not valid')}{_got(value)}"


def shown(value: Any) -> str:
    """A plain value in a message: JSON, or what it is if it has parts."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _got(value: Any) -> str:
    return "" if value is msgspec.UNSET else f", got {shown(value)}"


def _format(types: Sequence[inspect.Type], formats: Mapping[str, str]) -> str | None:
    patterns = [node.pattern for node in types if isinstance(node, inspect.StrType) and node.pattern]
    return next((formats[pattern] for pattern in patterns if pattern in formats), None)


def _choices(types: Sequence[inspect.Type]) -> list[str]:
    """The values of enums and literals; the empty string, which means unset, is left out."""
    values: list[Any] = []
    for node in types:
        if isinstance(node, inspect.EnumType):
            values += [member.value for member in node.cls]
        elif isinstance(node, inspect.LiteralType):
            values += node.values
    return [str(value) for value in values if value != ""]
