"""YAML files as values with line numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from assay.catalog.errors import InvalidCatalog, Mistake

FieldPath: TypeAlias = tuple[str | int, ...]
"""The place of a value in a document: ``("checks", 0, "kind")``."""

MAX_DOCUMENT_BYTES = 1_000_000
MAX_DEPTH = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def path_text(at: FieldPath) -> str:
    """``checks[0].kind``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at)
    return text.removeprefix(".")


@dataclass
class Document:
    """A parsed file: its plain value, the line of every part, and the mistakes found so far."""

    file: str
    value: Any = None
    lines: dict[FieldPath, int] = field(default_factory=dict[FieldPath, int])
    mistakes: list[Mistake] = field(default_factory=list[Mistake])

    def line(self, at: FieldPath) -> int:
        """The line of ``at``, or of the nearest enclosing part (a missing field has no line)."""
        for depth in range(len(at), -1, -1):
            if at[:depth] in self.lines:
                return self.lines[at[:depth]]
        return 0

    def add_mistake(self, at: FieldPath, message: str, near: str | None = None) -> None:
        self.mistakes.append(
            Mistake(file=self.file, line=self.line(at), where=path_text(at), message=message, near=near)
        )

    def raise_mistakes(self) -> None:
        if self.mistakes:
            raise InvalidCatalog(self.mistakes)


def read_document(path: Path, file: str) -> Document:
    """The document at ``path``, called ``file`` in messages. If it cannot be parsed, its value is None and it has a
    mistake."""
    document = Document(file=file)
    try:
        text = path.read_bytes()
    except OSError as error:
        document.add_mistake((), f"cannot be read: {error.strerror}")
        return document
    if len(text) > MAX_DOCUMENT_BYTES:
        document.add_mistake((), f"has {len(text)} bytes, more than {MAX_DOCUMENT_BYTES}")
        return document
    _parse(document, text)
    return document


def _parse(document: Document, text: bytes) -> None:
    loader = _Loader(text)
    try:
        if _too_deep(text):
            document.add_mistake((), f"is nested more than {MAX_DEPTH} levels deep")
            return
        node = loader.get_single_node()
        if node is not None:
            _record_lines(document, node, (), set())
        if node is not None and not document.mistakes:
            document.value = loader.construct_document(node)
        if document.value is None and not document.mistakes:
            document.add_mistake((), "is empty")
    except (yaml.YAMLError, ValueError) as error:
        document.mistakes.append(_syntax_mistake(document.file, error))
    finally:
        loader.dispose()


def _too_deep(text: bytes) -> bool:
    """Counts parser events, which need no stack; composing such a text would overflow the C parser's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return True
    return False


def _syntax_mistake(file: str, error: Exception) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error)
    return Mistake(file=file, line=mark.line + 1 if mark else 0, message=f"not valid YAML: {reason}")


def _record_lines(document: Document, node: yaml.Node, at: FieldPath, seen: set[int]) -> None:
    """Records each part's line (for a field, the line of its name), and refuses aliases, merges and duplicate fields,
    which YAML would silently accept."""
    document.lines.setdefault(at, node.start_mark.line + 1)
    if id(node) in seen:
        document.add_mistake(at, "aliases (*name) are not supported; write the value out")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _record_lines(document, item, (*at, index), seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _record_field(document, key, value, at, seen)


def _record_field(document: Document, key: yaml.Node, value: yaml.Node, at: FieldPath, seen: set[int]) -> None:
    if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
        document.add_mistake(at, "a field name must be plain text")
        return
    place = (*at, str(key.value))
    line = key.start_mark.line + 1
    if place in document.lines:
        document.mistakes.append(Mistake(file=document.file, line=line, where=path_text(place), message="is set twice"))
        return
    document.lines[place] = line
    _record_lines(document, value, place, seen)
