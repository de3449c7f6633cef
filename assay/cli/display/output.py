"""Data goes to stdout, as JSON or as text; notices go to stderr. Text from runs is never interpreted as markup."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from assay.cli.safe_text import printable

_WIDE = 180

Piece = str | tuple[str, str]
"""Text, or text with a style."""


def stdout() -> Console:
    return Console(highlight=False)


def stderr() -> Console:
    return Console(stderr=True, width=None if sys.stderr.isatty() else _WIDE, highlight=False)


def terminal_width() -> int | None:
    """None if stdout is not a terminal."""
    return stdout().width if sys.stdout.isatty() else None


def print_json(value: Any) -> None:
    """One document per line."""
    print(msgspec.json.encode(value).decode(), flush=True)


def print_line(*pieces: Piece) -> None:
    safe = (printable(piece) if isinstance(piece, str) else (printable(piece[0]), piece[1]) for piece in pieces)
    stdout().print(Text.assemble(*safe), soft_wrap=True)


def print_notice(text: str) -> None:
    """To stderr."""
    print(printable(text), file=sys.stderr, flush=True)


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
