"""A parsed file: its plain value, the line of every part, and its mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from assay.catalog.errors import InvalidCatalog, Mistake

FieldPath: TypeAlias = tuple[str | int, ...]
"""The place of a value in a document: ``("checks", 0, "kind")``."""

MAX_DEPTH = 40
MAX_MISTAKES = 100
MAX_SHOWN = 500


def path_text(at: FieldPath) -> str:
    """``checks[0].kind``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at)
    return text.removeprefix(".")


@dataclass
class Document:
    """``texts`` has the source of every number and truth value that is written without quotes, because a field that
    expects text gets it as written: ``title: 1.10`` is "1.10"."""

    file: str
    value: Any = None
    lines: dict[FieldPath, int] = field(default_factory=dict[FieldPath, int])
    texts: dict[FieldPath, str] = field(default_factory=dict[FieldPath, str])
    mistakes: list[Mistake] = field(default_factory=list[Mistake])

    @property
    def full(self) -> bool:
        """Whether no more mistakes are collected."""
        return len(self.mistakes) >= MAX_MISTAKES

    def line(self, at: FieldPath) -> int:
        """The line of ``at``, or of the nearest enclosing part (a missing field has no line)."""
        for depth in range(len(at), -1, -1):
            if at[:depth] in self.lines:
                return self.lines[at[:depth]]
        return 0

    def add_mistake(self, at: FieldPath, message: str, near: str | None = None, line: int | None = None) -> None:
        """``line`` is that of ``at``, unless given."""
        if self.full:
            return
        shown = self.line(at) if line is None else line
        where, place = _printable(path_text(at)), _printable(self.file)
        near = near if near is None or len(near) <= MAX_SHOWN else None
        self.mistakes.append(Mistake(file=place, line=shown, where=where, message=_printable(message), near=near))
        if self.full:
            message = f"has more than {MAX_MISTAKES - 1} mistakes; these are the first"
            self.mistakes.append(Mistake(file=place, message=message))

    def raise_mistakes(self) -> None:
        if self.mistakes:
            raise InvalidCatalog(self.mistakes)


def _printable(text: str) -> str:
    """File names that are not UTF-8 are shown with escapes, and very long names and values shortened."""
    text = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    return text.encode("utf-8", "backslashreplace").decode()
