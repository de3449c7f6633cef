"""Money is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contracts.money import Price, nanousd, usd


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (20_000_000_000, "20"), (-5, "-0.000000005")],
)
def test_nano_dollars_are_shown_as_decimals_without_rounding(amount: int, text: str) -> None:
    assert usd(amount) == text


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_formatting_an_amount_is_reversible(amount: int) -> None:
    assert nanousd(usd(amount)) == amount


@pytest.mark.parametrize("text", ["", "a dollar", "NaN", "Infinity", "1,5"])
def test_an_invalid_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"0\.25"):
        nanousd(text)


def test_costs_are_rounded_up_and_cached_tokens_have_their_own_rate() -> None:
    price = Price(
        version="v",
        input_nanousd_per_mtok=150_000_000,
        cached_nanousd_per_mtok=75_000_000,
        output_nanousd_per_mtok=600_000_000,
    )
    assert price.cost(input_tokens=1000, output_tokens=100) == 210_000
    assert price.cost(input_tokens=1000, cached_tokens=1000, output_tokens=0) == 75_000
    assert Price(version="v", input_nanousd_per_mtok=1).cost(input_tokens=1, output_tokens=0) == 1


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**12))
def test_a_cost_is_the_exact_amount_rounded_up(tokens_in: int, tokens_out: int, rate: int) -> None:
    price = Price(version="v", input_nanousd_per_mtok=rate, output_nanousd_per_mtok=rate)
    exact = Decimal(tokens_in + tokens_out) * rate / 1_000_000
    cost = price.cost(input_tokens=tokens_in, output_tokens=tokens_out)
    assert exact <= cost < exact + 1
