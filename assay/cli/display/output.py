"""Data goes to stdout, as JSON or as text; notices go to stderr. Text from runs is never interpreted as markup."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assay.cli.safe_text import printable

_WIDE = 180

Piece = str | tuple[str, str]
"""Text, or text with a style."""


def stdout() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def stderr() -> Console:
    return Console(stderr=True, width=None if sys.stderr.isatty() else _WIDE, highlight=False)


def print_json(value: Any) -> None:
    """One document per line."""
    print(msgspec.json.encode(value).decode(), flush=True)


def print_line(*pieces: Piece) -> None:
    safe = (printable(piece) if isinstance(piece, str) else (printable(piece[0]), piece[1]) for piece in pieces)
    stdout().print(Text.assemble(*safe), soft_wrap=True)


def print_notice(text: str) -> None:
    """To stderr."""
    print(printable(text), file=sys.stderr, flush=True)


def new_table(*columns: str, numbers: tuple[str, ...] = (), title: str | None = None) -> Table:
    """Columns named in ``numbers`` are right-aligned."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def add_row(table: Table, *cells: object) -> None:
    """Cells are plain text; markup in them is not interpreted."""
    table.add_row(*(Text(cell_text(cell)) for cell in cells))


def cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return printable(str(value), keep="")


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def money(cost_usd: str) -> str:
    return f"${cost_usd}"
