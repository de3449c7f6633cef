"""CSV and other delimited files."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import ImportPlan, LeftOut
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.question_set import question_set
from assay.catalog.importers.source_file import read_text, stem
from assay.catalog.importers.table import Row, Table

MAX_FIELD_CHARACTERS = 10_000_000
_DELIMITERS = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a bar"}


def read(source: Path, options: QuestionOptions) -> ImportPlan:
    """Raises ImportFailed."""
    return question_set(read_table(source, options), stem(source), options, "csv")


def read_table(source: Path, options: QuestionOptions) -> Table:
    text = read_text(source)
    delimiter = _written(options.delimiter) or _guessed_delimiter(text)
    if len(delimiter) != 1:
        raise ImportFailed(f"--delimiter: must be one character, or \\t, got {options.delimiter!r}")
    lines = _lines(source, text, delimiter)
    columns = options.columns or _header(source, lines)
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for line, cells in lines:
        if len(cells) == len(columns):
            rows.append(Row(len(rows) + len(left_out) + 1, f"line {line}", dict(zip(columns, cells, strict=True))))
        else:
            left_out.append(LeftOut(what=f"line {line}", why=f"does not have {len(columns)} columns"))
    if not rows and not left_out:
        raise ImportFailed(f"{source}: has a header and no rows")
    notes = () if delimiter == "," or options.delimiter else (f"columns are separated by {_DELIMITERS[delimiter]}",)
    return Table(file=str(source), columns=columns, rows=tuple(rows), left_out=tuple(left_out), notes=notes)


def _written(delimiter: str) -> str:
    return "\t" if delimiter == "\\t" else delimiter


def _guessed_delimiter(text: str) -> str:
    """The most frequent one in the first line."""
    first = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _lines(source: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of every row that is not empty, with the number of its first line."""
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ImportFailed(f"{source}:{line}: is not valid CSV: {error}; {_hint(str(error))}") from error
        if cells is None:
            return
        if cells:
            yield line, cells
        line = reader.line_num + 1


def _hint(error: str) -> str:
    if "limit" in error:
        return f"a field has at most {MAX_FIELD_CHARACTERS} characters; a quote may be missing"
    return "quotes around a field are closed, and a quote within is written twice"


def _header(source: Path, lines: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
    _, cells = next(lines, (0, []))
    columns = [name.strip() or f"column {number}" for number, name in enumerate(cells, 1)]
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        hint = "if the first row is no header, name the columns by --columns"
        raise ImportFailed(f"{source}:1: two columns are called {repeated[0]!r}; {hint}")
    return tuple(columns)
