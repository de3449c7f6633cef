"""Decodes what frameworks in Python write as JSON, which includes NaN, infinities and halves of surrogate pairs."""

from __future__ import annotations

import codecs
import json
from typing import Any, TypeVar, cast

import msgspec

from assay.catalog.importers.report import shown

T = TypeVar("T")


class NotJson(ValueError):
    """The text says why."""


class WrongForm(NotJson):
    """JSON of something else. The text names the field."""


def decode(kind: type[T] | Any, content: bytes) -> T:
    """Raises NotJson or WrongForm."""
    try:
        return decode_regular(kind, content)
    except WrongForm:
        raise
    except NotJson:
        return convert(kind, loads(content))


def decode_regular(kind: type[T] | Any, content: bytes) -> T:
    """Of JSON as the standard has it: skips unread fields at once. Raises NotJson or WrongForm."""
    try:
        return msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8), type=kind)
    except msgspec.ValidationError as error:
        raise WrongForm(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise NotJson(str(error)) from error


def loads(content: bytes) -> Any:
    """As Python's own decoder reads it. Raises NotJson."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError, OverflowError) as error:
        raise NotJson(str(error) or type(error).__name__) from error


def convert(kind: type[T] | Any, value: Any) -> T:
    """Raises WrongForm."""
    try:
        try:
            return msgspec.convert(value, type=kind)
        except UnicodeEncodeError:
            return msgspec.convert(_encodable(value), type=kind)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise WrongForm(str(error)) from error


def _encodable(value: Any) -> Any:
    """With escapes for the halves of surrogate pairs."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list):
        return [_encodable(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {shown(name): _encodable(each) for name, each in cast("dict[str, Any]", value).items()}
    return value
