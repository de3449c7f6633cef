"""Prompts made of columns: ``Q: {question}\\n{choices}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.table import cell, text_of

CHOICES = "choices"
"""Stands for the lettered options of a question."""
_PART = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]")


class Template:
    """``{column}`` stands for the column's value, ``{{`` and ``}}`` for braces, ``\\n`` and ``\\t`` as in Python."""

    def __init__(self, text: str) -> None:
        """Raises ImportFailed for a brace that is not closed."""
        self._parts: list[tuple[str, str]] = []
        text = text.replace("\\n", "\n").replace("\\t", "\t")
        position = 0
        for match in _PART.finditer(text):
            self._parts.append((text[position : match.start()], ""))
            position = match.end()
            if match[0] in ("{{", "}}"):
                self._parts.append((match[0][0], ""))
            elif match[1] is None:
                raise ImportFailed(f"--template: has a single {match[0]!r}; write {match[0] * 2!r} for the character")
            else:
                self._parts.append(("", match[1].strip()))
        self._parts.append((text[position:], ""))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for _, column in self._parts if column))

    def fill(self, values: Mapping[str, Any], choices: str | None) -> str:
        """``choices`` is the lettered list of a question that has options of its own."""
        return "".join(literal or self._value(column, values, choices) for literal, column in self._parts)

    def _value(self, column: str, values: Mapping[str, Any], choices: str | None) -> str:
        if not column:
            return ""
        return choices if column == CHOICES and choices is not None else text_of(cell(values, column))
