"""Amounts, durations, days and prices as people write them; durations and counts as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from assay.cli.errors import BadUsage
from assay.contracts.money import TokenPrice

_AMOUNT = re.compile(r"^\d+(\.\d{1,9})?$")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|d)?")
_SPACE_AROUND_UNIT = re.compile(r"\s+(?=[a-z])|(?<=[a-z])\s+")
_SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "m": 60, "s": 1, "": 1}


def dollars(text: str, option: str) -> str:
    """US dollars as a decimal string; raises BadUsage for anything else."""
    amount = text.strip().removeprefix("$")
    if not _AMOUNT.match(amount):
        raise BadUsage(f"{option}: {text!r} is not an amount in US dollars; write it like 2.5")
    return amount


def dollars_or_none(text: str, option: str) -> str | None:
    """An amount, or None for ``none``."""
    if text.strip().lower() == "none":
        return None
    try:
        return dollars(text, option)
    except BadUsage as error:
        raise BadUsage(f"{error}, or none for no limit") from error


def seconds(text: str, option: str) -> float:
    """Parses ``3h``, ``90min``, ``1h30m``, ``45s``, ``45``."""
    plain = _SPACE_AROUND_UNIT.sub("", text.strip().lower())
    parts = list(_TIME.finditer(plain))
    if not parts or "".join(part.group(0) for part in parts) != plain:
        raise BadUsage(f"{option}: {text!r} is not a duration; write it like 3h, 90min or 45s")
    return sum(float(part.group(1)) * _SECONDS[part.group(2) or ""] for part in parts)


def duration_text(number: float) -> str:
    """``3 h`` for 10800, ``1 h 30 min`` for 5400."""
    left, parts = round(number), list[str]()
    for unit in ("d", "h", "min", "s"):
        count, left = divmod(left, _SECONDS[unit])
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts[:2]) or f"{number:g} s"


def count_text(number: int, noun: str) -> str:
    """``1 attempt``, ``2 attempts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def day(text: str, option: str) -> date | None:
    """A day; None for the empty text."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadUsage(f"{option}: {text!r} is not a day; write it like 2026-01-31") from error


def token_prices(texts: Iterable[str]) -> dict[str, TokenPrice]:
    """Parses ``MODEL=IN/OUT``, in US dollars per million tokens."""
    found: dict[str, TokenPrice] = {}
    for text in texts:
        model, equals, amounts = text.rpartition("=")
        if not equals or not model:
            raise BadUsage(f"--price: {text!r} is not a price; write it like openai/gpt-4o-mini=0.15/0.6")
        found[model] = token_price(amounts)
    return found


def token_price(text: str) -> TokenPrice:
    """Parses ``IN/OUT``, in US dollars per million tokens."""
    amounts = text.split("/")
    if len(amounts) != 2:
        raise BadUsage(f"--price: {text!r} is not a price; write it like 0.15/0.6, input and output per million tokens")
    into, out = (dollars(amount, "--price") for amount in amounts)
    return TokenPrice(input_usd_per_mtok=into, output_usd_per_mtok=out)


def run_limits(cost: str, time: str, concurrency: int | None) -> dict[str, Any]:
    """The limits that were given, keyed by field of RunLimits."""
    given: dict[str, Any] = {}
    if cost:
        given["cost_usd"] = _limit(cost)
    if time:
        given["seconds"] = seconds(time, "--time-limit")
    if concurrency is not None:
        given["concurrency"] = concurrency
    return given


def _limit(text: str) -> str | None:
    limit = dollars_or_none(text, "--limit")
    if limit is not None and not Decimal(limit):
        raise BadUsage("--limit: 0 would end every attempt that costs anything; give an amount, or none for no limit")
    return limit
