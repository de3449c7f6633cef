"""Reads CSV as people and programs write it."""

from __future__ import annotations

import csv
from collections.abc import Sequence

MAX_ROWS = 1_000_000


class NotATable(ValueError):
    """The message says what is wrong, and where."""


def read_rows(text: str) -> list[list[str]]:
    """The rows of a CSV text, without empty ones. Raises NotATable."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > MAX_ROWS:
                raise NotATable(f"more than {MAX_ROWS:,} rows")
    except csv.Error as error:
        raise NotATable(f"line {reader.line_num}: {error}") from error
    return rows


def read_column(text: str, id_column: str, column: str) -> dict[str, str]:
    """The values of a column by id, both without surrounding spaces. Raises NotATable."""
    rows = read_rows(text)
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in (id_column, column) if name not in header]
    if missing:
        raise NotATable(f"no column {missing[0]!r} in the header: {_listing(header)}")
    id_index, index = header.index(id_column), header.index(column)
    found: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) <= max(id_index, index):
            raise NotATable(f"row {number} has {len(row)} fields, the header has {len(header)}")
        key = row[id_index].strip()
        if key in found:
            raise NotATable(f"row {number}: the id {key[:50]!r} occurs twice")
        found[key] = row[index].strip()
    return found


def _listing(names: Sequence[str]) -> str:
    return ", ".join(name[:30] for name in names[:20]) or "the file is empty"
