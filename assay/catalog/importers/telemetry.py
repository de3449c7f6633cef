"""Series of readings as questions for their mean, minimum and maximum: the answers are calculated from the series."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean
from typing import Any, cast

from assay.catalog.importers.answers import number
from assay.catalog.importers.errors import ColumnNeeded
from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.table import Row, Table, cell, check_column

SERIES_NAMES = ("values", "series", "readings", "data", "signal")
SERIES, STATISTICS = "readings as text", "statistics"
"""Names of the added columns."""
MIN_READINGS = 2


def telemetry_questions(table: Table, options: QuestionOptions) -> tuple[Table, QuestionOptions]:
    """The series as questions, unless a template shows them, with their statistics as answers. Raises ImportFailed."""
    column = options.input or _only_series(table)
    check_column(table, column, "--input")
    shown = {"input": SERIES} if not options.template else {"input": ""}
    return _with_statistics(table, column), replace(options, **shown, expected=STATISTICS)


def _only_series(table: Table) -> str:
    found = [name for name in SERIES_NAMES if name in table.columns]
    if len(found) != 1:
        raise ColumnNeeded("input", table.columns, "", f"{table.file}: which column has the series is not clear")
    return found[0]


def _with_statistics(table: Table, column: str) -> Table:
    """Adds the columns ``SERIES`` and ``STATISTICS``. Rows whose series is no list of numbers are left out."""
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for row in table.rows:
        series = series_of(cell(row.values, column))
        if series is None:
            left_out.append(LeftOut(what=row.place, why=f"column {column!r} is no list of at least two numbers"))
        else:
            rows.append(Row(row.number, row.place, {**row.values, **_statistics(series)}))
    columns = (*table.columns, SERIES, STATISTICS)
    return replace(table, columns=columns, rows=tuple(rows), left_out=(*table.left_out, *left_out))


def series_of(value: Any) -> list[float] | None:
    """From a list, from JSON, or from text with commas, semicolons or spaces; None for anything else."""
    if isinstance(value, str):
        value = _read(value)
    if not isinstance(value, list):
        return None
    numbers = [number(each) for each in cast("list[Any]", value)]
    found = [float(each) for each in numbers if each is not None]
    return found if len(found) == len(numbers) >= MIN_READINGS else None


def _read(text: str) -> Any:
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    separator = ";" if ";" in text else "," if "," in text else None
    return [part.strip() for part in text.split(separator)]


def _statistics(series: list[float]) -> Mapping[str, Any]:
    return {
        SERIES: ", ".join(f"{value:.12g}" for value in series),
        STATISTICS: {"mean": fmean(series), "min": min(series), "max": max(series)},
    }
