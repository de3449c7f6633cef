"""Parses YAML into plain values whose meaning does not depend on the version of YAML.

Only ``null``, ``true``, ``false`` and decimal numbers without leading zeros are more than text. Versions of YAML
disagree on ``no``, ``1:30``, ``0123``, ``0o17``, ``1_000``, ``1e5`` and dates: here they are text, as written. Aliases,
tags and merges are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from assay.catalog.yaml.document import MAX_DEPTH, Document, FieldPath
from assay.catalog.yaml.read import Unreadable, decode_text, read_bytes

MAX_DOCUMENT_BYTES = 1_000_000
MAX_VALUES = 200_000
MAX_DIGITS = 100
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][-+][0-9]+)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Refused(Exception):
    """A part of YAML that is not supported; the text is the reason."""


def read_document(path: Path, file: str) -> Document:
    """The document at ``path``, called ``file`` in messages. If it cannot be parsed, its value is None and it has a
    mistake."""
    document = Document(file=file)
    try:
        parse(document, read_bytes(path, MAX_DOCUMENT_BYTES))
    except Unreadable as error:
        document.add_mistake((), str(error), line=error.line)
    return document


def parse(document: Document, content: bytes) -> None:
    """Sets the document's value, lines and texts, or adds a mistake. Raises Unreadable for bytes that are not UTF-8."""
    text = decode_text(content)
    if found := _CONTROL.search(text):
        message = f"contains the control character U+{ord(found[0]):04X}, which YAML does not allow"
        document.add_mistake((), message, line=text.count("\n", 0, found.start()) + 1)
        return
    builder = _Builder(document)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.add(event)
    except Refused as refused:
        document.add_mistake(builder.place, str(refused), line=builder.line)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        line = min(mark.line, text.rstrip().count("\n")) + 1 if mark else 0
        document.add_mistake((), f"not valid YAML: {reason}", line=line)
    if not document.mistakes:
        document.value = builder.value
        if document.value is None:
            document.add_mistake((), "is empty")


def scalar(text: str) -> bool | int | float | str | None:
    """The value of text without quotes. Raises Refused for numbers that are too large."""
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    is_integer = _INTEGER.fullmatch(text) is not None
    if not is_integer and not _FRACTION.fullmatch(text):
        return text
    if len(text) > MAX_DIGITS:
        raise Refused(f"is a number of {len(text)} characters, more than {MAX_DIGITS}")
    if is_integer:
        return int(text)
    number = float(text)
    if not isfinite(number):
        raise Refused(f"{text} is too large for a number; write it in quotes if it is text")
    return number


@dataclass
class _Open:
    """A list or mapping that is being read."""

    at: FieldPath
    value: list[Any] | dict[str, Any]
    key: str | None = None

    @property
    def place(self) -> FieldPath:
        """The place of the next value."""
        if isinstance(self.value, list):
            return (*self.at, len(self.value))
        return self.at if self.key is None else (*self.at, self.key)


class _Builder:
    """Builds the value from parser events, without recursion, so that no depth overflows a stack."""

    def __init__(self, document: Document) -> None:
        self.value: Any = None
        self.line = 1
        self._document = document
        self._open: list[_Open] = []
        self._values = self._documents = 0

    @property
    def place(self) -> FieldPath:
        return self._open[-1].place if self._open else ()

    def add(self, event: yaml.Event) -> None:
        """Raises Refused at the current place and line."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
        if isinstance(event, yaml.NodeEvent):
            self.line = event.start_mark.line + 1
            self._check(event)
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event.value, plain=not event.style)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start({} if isinstance(event, yaml.MappingStartEvent) else [])

    def _check(self, event: yaml.NodeEvent) -> None:
        self._values += 1
        if isinstance(event, yaml.AliasEvent):
            raise Refused("aliases (*name) are not supported; write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise Refused(f"tags ({tag.replace('tag:yaml.org,2002:', '!!')}) are not supported")
        if self._documents > 1:
            raise Refused("is a second document (after ---); a file has one")
        if self._values > MAX_VALUES:
            raise Refused(f"has more than {MAX_VALUES} values")

    def _scalar(self, text: str, *, plain: bool) -> None:
        if self._expects_key:
            self._start_field(text, plain=plain)
            return
        place, value = self.place, scalar(text) if plain else text
        self._set(value)
        if plain and value is not None and not isinstance(value, str):
            self._document.texts[place] = text

    def _start(self, value: list[Any] | dict[str, Any]) -> None:
        if self._expects_key:
            raise Refused("a field name must be plain text")
        if len(self._open) >= MAX_DEPTH:
            raise Refused(f"is nested more than {MAX_DEPTH} levels deep")
        place = self.place
        self._set(value)
        self._open.append(_Open(place, value))

    @property
    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _start_field(self, name: str, *, plain: bool) -> None:
        if plain and name == "<<":
            raise Refused("merges (<<) are not supported; write the fields out")
        current = self._open[-1]
        current.key = name
        if name in current.value:
            self._document.add_mistake(current.place, "is set twice", line=self.line)
        self._document.lines[current.place] = self.line

    def _set(self, value: Any) -> None:
        self._document.lines.setdefault(self.place, self.line)
        if not self._open:
            self.value = value
            return
        current = self._open[-1]
        if isinstance(current.value, list):
            current.value.append(value)
        else:
            current.value[str(current.key)] = value
            current.key = None
