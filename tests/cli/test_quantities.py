"""Parsing amounts, durations, days and prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from assay.cli import quantities
from assay.cli.errors import BadUsage
from assay.contracts.money import TokenPrice


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3h", 10_800),
        ("90min", 5_400),
        ("90m", 5_400),
        ("1h30m", 5_400),
        ("1 h 30 min", 5_400),
        ("45s", 45),
        ("45", 45),
    ],
)
def test_durations_are_parsed(text: str, seconds: float) -> None:
    assert quantities.seconds(text, "--time-limit") == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(10_800, "3 h"), (5_400, "1 h 30 min"), (45, "45 s"), (90_061, "1 d 1 h"), (0.25, "0.25 s")]
)
def test_durations_are_shown(seconds: float, text: str) -> None:
    assert quantities.duration_text(seconds) == text


def test_counts_are_shown() -> None:
    assert (quantities.count_text(1, "attempt"), quantities.count_text(0, "attempt")) == ("1 attempt", "0 attempts")


def test_amounts_and_none() -> None:
    assert quantities.dollars_or_none("2.50", "--limit") == "2.50"
    assert quantities.dollars_or_none("$3", "--limit") == "3"
    assert quantities.dollars_or_none(" None ", "--limit") is None


def test_only_the_given_limits_are_set() -> None:
    assert quantities.run_limits("", "", None) == {}
    assert quantities.run_limits("none", "1h", 0) == {"cost_usd": None, "seconds": 3600.0, "concurrency": 0}


def test_prices_of_a_run() -> None:
    found = quantities.token_prices(["a/b=1/2.5", "c/d:e=x=0/0"])
    assert found["a/b"] == TokenPrice(input_usd_per_mtok="1", output_usd_per_mtok="2.5")
    assert set(found) == {"a/b", "c/d:e=x"}


def test_days() -> None:
    assert quantities.day("2026-01-31", "--day") == date(2026, 1, 31)
    assert quantities.day("", "--day") is None


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((quantities.seconds, text) for text in ("", "h", "3x", "1h x", "1 30", "-1h", "1e9")),
        *((quantities.dollars_or_none, text) for text in ("", "-1", "1,5", "NaN", "1e3", "0.0000000001", "nothing")),
        *((quantities.day, text) for text in ("31.1.2026", "2026-13-01", "tomorrow")),
    ],
)
def test_an_invalid_value_is_refused_with_the_option_and_an_example(parse: Callable[..., Any], text: str) -> None:
    with pytest.raises(BadUsage, match="--option") as caught:
        parse(text, "--option")
    assert "write it like" in str(caught.value)


@pytest.mark.parametrize("text", ["", "a/b", "a/b=1", "=1/2", "a/b=1/2/3", "a/b=x/2"])
def test_an_invalid_price_is_refused(text: str) -> None:
    with pytest.raises(BadUsage, match="--price"):
        quantities.token_prices([text])
