"""Rows of a question set, whatever file they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import LeftOut
from assay.validation.did_you_mean import unknown_name, with_suggestion

MISSING = None


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` counts rows from 1, ``place`` says where the row is, for example ``line 7``."""

    number: int
    place: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """``file`` is its path, for messages."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def cell(values: Mapping[str, Any], column: str) -> Any:
    """The value of a column, or of a part of it: ``answers.text.0``. ``MISSING`` if there is none, also for NaN."""
    found: Any = values.get(column, MISSING) if column in values else _part(values, column)
    return MISSING if isinstance(found, float) and isnan(found) else found


def _part(values: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(values, Mapping):
            values = values.get(name, MISSING)
        elif isinstance(values, Sequence) and not isinstance(values, str) and name.isdecimal():
            values = values[int(name)] if int(name) < len(values) else MISSING
        else:
            return MISSING
    return values


def check_column(table: Table, column: str, option: str) -> None:
    """Raises ImportFailed unless the table has the column, or the one whose part it is."""
    if column in table.columns or column.partition(".")[0] in table.columns:
        return
    message = with_suggestion(*unknown_name("column", column, table.columns))
    listed = ", ".join(table.columns)
    raise ImportFailed(
        f"{table.file}: {option}: {message}{'' if message.endswith('?') else '.'} The columns are: {listed}"
    )


def text_of(value: Any) -> str:
    """A value as a prompt shows it: text as it is, lists and objects as JSON, nothing for a missing value."""
    if value is MISSING:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "[...]"  # as deep as no prompt needs it
