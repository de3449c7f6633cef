"""Rows: what every store keeps, by the names of the columns in ``services/ledger/tables``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Row = Mapping[str, Any]

TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")


def from_jsonb(kind: Any, text: str | None) -> Any:
    """A JSONB column's text as ``kind``; None where the column is null."""
    return None if text is None else msgspec.json.decode(text, type=kind)


def to_jsonb(value: Any) -> str:
    return msgspec.json.encode(value).decode()
