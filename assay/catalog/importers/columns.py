"""Which column is what, if the user does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.catalog.importers.errors import ColumnNeeded
from assay.catalog.importers.question_options import QuestionCheck, QuestionOptions
from assay.catalog.importers.table import Table, check_column
from assay.catalog.importers.template import Template

INPUT_NAMES = ("question", "prompt", "input", "text", "sentence", "query", "problem")
EXPECTED_NAMES = ("answer", "label", "target", "expected", "output")
ID_NAMES = ("id", "sample_id", "question_id", "qid", "uid")
OPTION_NAMES = ("choices", "options")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundColumns:
    """The options with every column filled in, and the guesses made."""

    options: QuestionOptions
    notes: tuple[str, ...]


def find_columns(table: Table, options: QuestionOptions) -> FoundColumns:
    """Raises ImportFailed for unknown columns and ColumnNeeded for those that cannot be guessed."""
    _check_named(table, options)
    found, notes = options, list[str]()
    if not options.options_columns and (name := _only(table.columns, OPTION_NAMES)) and not options.options:
        found = replace(found, options_columns=(name,))
        notes.append(f"the options of each question are those in column {name!r} (--options-column)")
    if not options.input and not options.template:
        found = replace(found, input=_needed(table, options, "input", INPUT_NAMES, notes))
    if not options.expected:
        found = replace(found, expected=_needed(table, options, "expected", EXPECTED_NAMES, notes))
    if not options.id and (name := _only(table.columns, ID_NAMES)) and _is_unique(table, name):
        found = replace(found, id=name)
        notes.append(f"samples are identified by column {name!r} (--id)")
    if found.pattern and not found.check:
        found = replace(found, check=QuestionCheck.REGEX)
    return FoundColumns(options=found, notes=tuple(notes))


def _check_named(table: Table, options: QuestionOptions) -> None:
    for option, column in (("--input", options.input), ("--expected", options.expected), ("--id", options.id)):
        if column:
            check_column(table, column, option)
    for column in options.options_columns:
        check_column(table, column, "--options-column")
    for column in Template(options.template).columns if options.template else ():
        if column != "choices" or not options.options_columns:
            check_column(table, column, "--template")


def _needed(table: Table, options: QuestionOptions, option: str, names: Sequence[str], notes: list[str]) -> str:
    likely = _matching(table.columns, names)
    guess = likely[0] if len(likely) == 1 else ""
    if guess and options.guess:
        notes.append(f"{option} is column {guess!r} (--{option})")
        return guess
    problem = (
        f"several columns could be the {option}" if len(likely) > 1 else f"which column is the {option} is not clear"
    )
    raise ColumnNeeded(option, table.columns, guess or (likely[0] if likely else ""), f"{table.file}: {problem}")


def _matching(columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """By the order of ``names``."""
    return [column for name in names for column in columns if column.casefold() == name]


def _only(columns: Sequence[str], names: Sequence[str]) -> str:
    found = _matching(columns, names)
    return found[0] if len(found) == 1 else ""


def _is_unique(table: Table, column: str) -> bool:
    values = [row.values.get(column) for row in table.rows]
    return all(isinstance(value, str | int) for value in values) and len({str(value) for value in values}) == len(
        values
    )
