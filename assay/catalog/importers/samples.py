"""Lines of ``samples.jsonl``."""

from __future__ import annotations

import json
from typing import Any

from assay.catalog.importers.answers import NoAnswer
from assay.catalog.importers.choices import Choices
from assay.catalog.importers.question_options import QuestionCheck, QuestionOptions
from assay.catalog.importers.table import Row, cell, text_of
from assay.catalog.importers.task_ids import UsedIds, sample_id
from assay.catalog.importers.template import CHOICES, Template

MAX_INPUT_CHARACTERS = 100_000


class SampleWriter:
    """``samples`` are the lines so far."""

    def __init__(self, options: QuestionOptions) -> None:
        self.samples: list[bytes] = []
        self._options = options
        self._ids = UsedIds()
        self._template = _template(options)

    def add(self, row: Row, expected: Any, choices: Choices | None) -> None:
        """Raises NoAnswer for a row that cannot be a sample."""
        lettered = None if choices is None else choices.lettered
        text = self._template.fill(row.values, lettered).replace("\r\n", "\n")
        if not text.strip():
            raise NoAnswer("has no input")
        if len(text) > MAX_INPUT_CHARACTERS:
            raise NoAnswer(f"its input has more than {MAX_INPUT_CHARACTERS} characters")
        answer = "reference" if self._options.check is QuestionCheck.REGEX else "expected"
        line = _line({"sample_id": self._id(row), "input": text, answer: expected})
        self.samples.append(line)

    def _id(self, row: Row) -> str:
        if not self._options.id:
            return str(row.number)
        name = sample_id(text_of(cell(row.values, self._options.id)))
        if not name:
            raise NoAnswer("has no id of letters and digits")
        if self._ids.taken_by(name, row.place):
            raise NoAnswer("has the id of an earlier row")
        return name


def _template(options: QuestionOptions) -> Template:
    if options.template:
        return Template(options.template)
    column = options.input.replace("{", "").replace("}", "")
    return Template(f"{{{column}}}\n{{{CHOICES}}}" if options.options_columns else f"{{{column}}}")


def _line(sample: dict[str, Any]) -> bytes:
    try:
        return json.dumps(sample, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except UnicodeEncodeError as error:
        raise NoAnswer("contains half of a surrogate pair, which is no text") from error
    except RecursionError as error:
        raise NoAnswer("its expected answer is nested too deeply") from error
    except (ValueError, TypeError) as error:
        raise NoAnswer("its expected answer contains NaN or something else that is not JSON") from error
