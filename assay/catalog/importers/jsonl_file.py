"""JSON Lines, and JSON arrays of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import ImportPlan, LeftOut
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.question_set import question_set
from assay.catalog.importers.source_file import read_text, stem
from assay.catalog.importers.table import Row, Table


def read(source: Path, options: QuestionOptions) -> ImportPlan:
    """Raises ImportFailed."""
    return question_set(read_table(source), stem(source), options, "jsonl")


def read_table(source: Path) -> Table:
    """Raises ImportFailed if no row can be read."""
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for number, (place, value) in enumerate(_values(source, read_text(source)), 1):
        if isinstance(value, dict):
            rows.append(Row(number, place, cast("dict[str, Any]", value)))
        else:
            why = str(value) if isinstance(value, _NotJson) else "is not an object with fields"
            left_out.append(LeftOut(what=place, why=why))
    if not rows:
        first = f"; the first: {left_out[0].what} {left_out[0].why}" if left_out else ""
        raise ImportFailed(f"{source}: has no row that is a JSON object{first}")
    columns = tuple(dict.fromkeys(name for row in rows for name in row.values))
    return Table(file=str(source), columns=columns, rows=tuple(rows), left_out=tuple(left_out))


class _NotJson(ValueError):
    pass


def _values(source: Path, text: str) -> Iterator[tuple[str, Any]]:
    """Each value with its place; a line that is not JSON is a _NotJson."""
    array = _array(source, text)
    if array is not None:
        yield from ((f"item {number}", value) for number, value in enumerate(array, 1))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", _decoded(line)


def _array(source: Path, text: str) -> list[Any] | None:
    """The items of a file that is one array, or one object with one array of objects. None for JSON Lines."""
    text = text.strip()
    if not text.startswith("[") and (text.startswith("{") and "\n" not in text):
        return None
    whole = _decoded(text)
    if isinstance(whole, list):
        return cast("list[Any]", whole)
    if isinstance(whole, dict):
        return _only_list(source, cast("dict[str, Any]", whole))
    if text.startswith("["):
        raise ImportFailed(f"{source}: is not valid JSON: {whole.__cause__}")
    return None


def _only_list(source: Path, whole: dict[str, Any]) -> list[Any]:
    lists = {name: value for name, value in whole.items() if isinstance(value, list) and value}
    rows = [value for value in lists.values() if all(isinstance(item, dict) for item in value)]
    if len(rows) != 1:
        found = ", ".join(list(whole)[:20])
        raise ImportFailed(
            f"{source}: is a single JSON object, and not exactly one of its fields ({found}) is a list of objects; "
            "write the samples as JSON Lines, one object per line"
        )
    return cast("list[Any]", rows[0])


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        found = _NotJson("is not valid JSON")
        found.__cause__ = error
        return found
