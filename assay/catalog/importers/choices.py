"""Questions with options: which options, and which of them is right."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, cast

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.question_options import AnswersAre
from assay.catalog.importers.table import MISSING, cell, text_of


@dataclass(frozen=True, slots=True)
class Choices:
    """``labels`` are what the benchmark calls the options, usually the letters A, B, C..."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def lettered(self) -> str:
        return "\n".join(f"{letter}. {text}" for letter, text in zip(ascii_uppercase, self.texts, strict=False))


def choices_of(values: Mapping[str, Any], columns: Sequence[str]) -> Choices | None:
    """The options of one question: a column each, or all in one column as a list, as JSON, as ``{"text": [...],
    "label": [...]}``, or separated by ``|``. None if there are fewer than 2 or more than 26."""
    if len(columns) > 1:
        texts = [text_of(value) for column in columns if (value := cell(values, column)) is not MISSING]
        return _choices([text for text in texts if text.strip()], ())
    found = _parsed(cell(values, columns[0]))
    if isinstance(found, Mapping):
        parts = cast("Mapping[str, Any]", found)
        if isinstance(parts.get("text"), list):
            return _choices(list(map(text_of, parts["text"])), tuple(map(text_of, parts.get("label") or ())))
        return _choices(list(map(text_of, parts.values())), tuple(parts))
    return _choices(list(map(text_of, cast("list[Any]", found))), ()) if isinstance(found, list) else None


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value
    if value.lstrip()[:1] in ("[", "{"):
        for parse in (json.loads, ast.literal_eval):
            try:
                return parse(value.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
    return [part.strip() for part in value.split("|")]


def _choices(texts: list[str], labels: tuple[str, ...]) -> Choices | None:
    if not 2 <= len(texts) <= len(ascii_uppercase):
        return None
    return Choices(tuple(texts), labels if len(labels) == len(texts) else tuple(ascii_uppercase[: len(texts)]))


def right_option(answer: Any, choices: Choices, answers: AnswersAre) -> int | None:
    """The index of the option that the expected column names; None if it names none."""
    text = text_of(answer).strip()
    if answers is AnswersAre.TEXT:
        texts = [each.strip() for each in choices.texts]
        return texts.index(text) if texts.count(text) == 1 else None
    if answers is AnswersAre.LETTER:
        text = text.strip("(). ").casefold()
        labels = [label.strip("(). ").casefold() for label in choices.labels]
        return labels.index(text) if text in labels else None
    if not text.isdecimal() or len(text) > 6:
        return None
    index = int(text) - (answers is AnswersAre.INDEX1)
    return index if 0 <= index < len(choices.texts) else None


def how_answers_are_given(rows: Sequence[tuple[Any, Choices]]) -> AnswersAre:
    """The reading that fits most rows. Raises ImportFailed if two fit equally and disagree."""
    readings = {kind: [right_option(answer, choices, kind) for answer, choices in rows] for kind in AnswersAre}
    fitting = {kind: sum(index is not None for index in indexes) for kind, indexes in readings.items()}
    best = max(fitting.values(), default=0)
    kinds = [kind for kind in AnswersAre if fitting[kind] == best]
    if best and all(readings[kind] == readings[kinds[0]] for kind in kinds):
        return kinds[0]
    if not best:
        raise ImportFailed(
            "the expected answers are neither letters, texts nor numbers of the options; choose other columns by "
            "--expected and --options-column"
        )
    listed = " or ".join(kind.value for kind in kinds)
    raise ImportFailed(f"the expected answers could be read as {listed}, with different results; choose by --answers")
