"""Token costs are exact, rounded up, never above the worst case, and agree with the price database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, TimeOfDateConstraint
from hypothesis import given
from hypothesis import strategies as st

from assay.catalog.prices.database import VERSION, lookup
from assay.contracts.money import NANO, Price, PriceTier, Rates

RATES = st.integers(0, 1_000_000 * NANO)
TOKENS = st.integers(0, 10_000_000)
DAY = date(2026, 1, 1)


def rates() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "input_nanousd_per_mtok": RATES,
            "cached_nanousd_per_mtok": st.none() | RATES,
            "output_nanousd_per_mtok": RATES,
            "reasoning_nanousd_per_mtok": st.none() | RATES,
        }
    )


@st.composite
def prices(draw: st.DrawFn) -> Price:
    above = sorted(draw(st.sets(st.integers(1, 10_000_000), max_size=3)))
    tiers = tuple(PriceTier(above_input_tokens=length, **draw(rates())) for length in above)
    return Price(version="v", tiers=tiers, **draw(rates()))


@st.composite
def usages(draw: st.DrawFn) -> dict[str, int]:
    input_tokens, output_tokens = draw(TOKENS), draw(TOKENS)
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cached_tokens": draw(st.integers(0, input_tokens)),
        "reasoning_tokens": draw(st.integers(0, output_tokens)),
    }


@given(price=prices(), usage=usages(), more_input=TOKENS, more_output=TOKENS)
def test_no_usage_within_the_bounds_costs_more_than_the_worst_case(
    price: Price, usage: dict[str, int], more_input: int, more_output: int
) -> None:
    bound = price.worst_case(
        input_tokens=usage["input_tokens"] + more_input, output_tokens=usage["output_tokens"] + more_output
    )
    assert price.cost(**usage) <= bound


@given(price=prices(), usage=usages())
def test_a_cost_is_exact_and_rounded_up_to_the_nano_dollar(price: Price, usage: dict[str, int]) -> None:
    reached = [tier for tier in price.tiers if usage["input_tokens"] > tier.above_input_tokens]
    at: Rates = reached[-1] if reached else price
    cached, reasoning = at.cached_nanousd_per_mtok, at.reasoning_nanousd_per_mtok
    exact = Fraction(
        (usage["input_tokens"] - usage["cached_tokens"]) * at.input_nanousd_per_mtok
        + usage["cached_tokens"] * (at.input_nanousd_per_mtok if cached is None else cached)
        + (usage["output_tokens"] - usage["reasoning_tokens"]) * at.output_nanousd_per_mtok
        + usage["reasoning_tokens"] * (at.output_nanousd_per_mtok if reasoning is None else reasoning),
        1_000_000,
    )
    assert price.cost(**usage) == ceil(exact)


@given(price=prices(), first=usages(), second=usages())
def test_two_calls_never_cost_more_than_the_sum_of_their_holds(
    price: Price, first: dict[str, int], second: dict[str, int]
) -> None:
    held = sum(
        price.worst_case(input_tokens=usage["input_tokens"], output_tokens=usage["output_tokens"])
        for usage in (first, second)
    )
    assert price.cost(**first) + price.cost(**second) <= held


@given(price=prices(), usage=usages())
def test_only_a_price_of_zero_everywhere_is_free(price: Price, usage: dict[str, int]) -> None:
    if price.free:
        assert price.cost(**usage) == 0


def test_a_tier_applies_to_the_whole_of_a_longer_request() -> None:
    price = lookup("google", "gemini-2.5-pro", DAY)
    assert isinstance(price, Price)
    assert [tier.above_input_tokens for tier in price.tiers] == [200_000]
    short = price.cost(input_tokens=200_000, output_tokens=0)
    long = price.cost(input_tokens=200_001, output_tokens=0)
    assert (short, long) == (250_000_000, 500_002_500)
    assert price.worst_case(input_tokens=200_001, output_tokens=10) > price.worst_case(
        input_tokens=200_000, output_tokens=10
    )


def test_a_dated_price_is_found_by_day_and_names_its_first_day() -> None:
    before, after = lookup("openai", "o3", date(2025, 6, 9)), lookup("openai", "o3", date(2025, 6, 10))
    assert isinstance(before, Price)
    assert isinstance(after, Price)
    assert (before.input_nanousd_per_mtok, after.input_nanousd_per_mtok) == (10 * NANO, 2 * NANO)
    assert (before.version, after.version) == (VERSION, f"{VERSION}/2025-06-10")


def test_for_a_price_that_depends_on_the_hour_the_day_s_highest_counts() -> None:
    price = lookup("deepseek", "deepseek-chat", DAY)
    assert isinstance(price, Price)
    assert (price.input_nanousd_per_mtok, price.output_nanousd_per_mtok) == (270_000_000, 1_100_000_000)


def test_reasoning_has_its_own_price() -> None:
    price = lookup("perplexity", "sonar-deep-research", DAY)
    assert isinstance(price, Price)
    assert price.cost(input_tokens=0, output_tokens=2_000_000, reasoning_tokens=1_000_000) == 11 * NANO


USAGES = [
    {"input_tokens": 1_000, "output_tokens": 100},
    {"input_tokens": 150_000, "output_tokens": 5_000, "cached_tokens": 40_000},
    {"input_tokens": 1_500_000, "output_tokens": 70_000, "cached_tokens": 1_000_000, "reasoning_tokens": 30_000},
]


@pytest.mark.parametrize("usage", USAGES)
def test_every_model_costs_what_the_price_database_calculates(usage: dict[str, int]) -> None:
    compared = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            price = lookup(provider.id, model.id, DAY)
            if isinstance(price, str) or _by_the_hour(model):
                continue
            _, found = get_snapshot().find_provider_model(model.id, None, provider.id, None)
            reckoned = found.calc_price(_usage(usage), provider, genai_request_timestamp=_NOON).total_price
            exact = (reckoned * NANO).quantize(Decimal(1), ROUND_CEILING)
            assert abs(price.cost(**usage) - exact) <= 1, (provider.id, model.id)
            compared += 1
    assert compared > 1_000


_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _usage(counts: dict[str, int]) -> Usage:
    names = {"cached_tokens": "cache_read_tokens", "reasoning_tokens": "output_reasoning_tokens"}
    return Usage(**{names.get(name, name): count for name, count in counts.items()})


def _by_the_hour(model: ModelInfo) -> bool:
    kinds: list[ConditionalPrice] = model.prices if isinstance(model.prices, list) else []
    return any(isinstance(price.constraint, TimeOfDateConstraint) for price in kinds)
