"""Prices and context windows from the installed ``genai-prices`` database; nothing is downloaded.

A price that depends on the input's length becomes tiers. For a price that depends on the time of day, the day's highest
counts, so that no attempt costs more than was reserved for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from assay.catalog.prices.rates import price_of
from assay.contracts.money import Price, Rates, nanousd

DATABASE = "genai-prices"
VERSION = f"{DATABASE}/{genai_prices.__version__}"
_MANY_TOKENS = 1_000_000
_RATES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "output_reasoning_mtok")


def lookup(provider_id: str, model: str, day: date) -> Price | str:
    """The price of a model on a day, or the reason why there is none. Its version is the database's version, followed
    by the price's first day if the database has one."""
    try:
        _, info = get_snapshot().find_provider_model(model, None, provider_id, None)
    except LookupError:
        return "its price is unknown"
    version = _version(info, day)
    prices: list[Price] = []
    for moment in _moments(info, day):
        price = _price(info.get_prices(moment), version)
        if isinstance(price, str):
            return price
        prices.append(price)
    return max(prices, key=lambda price: price.worst_case(input_tokens=_MANY_TOKENS, output_tokens=_MANY_TOKENS))


def context_window(provider_id: str, model: str) -> int | None:
    """The most tokens that a prompt and its answer can have together; None if unknown."""
    try:
        _, info = get_snapshot().find_provider_model(model, None, provider_id, None)
    except LookupError:
        return None
    return info.context_window


def _version(info: ModelInfo, day: date) -> str:
    kinds = [price.constraint for price in info.prices] if isinstance(info.prices, list) else []
    starts = [kind.start_date for kind in kinds if isinstance(kind, StartDateConstraint) and kind.start_date <= day]
    return f"{VERSION}/{max(starts).isoformat()}" if starts else VERSION


def _moments(info: ModelInfo, day: date) -> Iterator[datetime]:
    """Midnight, and every other time of day at which the price may change."""
    times = {time(0, tzinfo=UTC)}
    for price in info.prices if isinstance(info.prices, list) else []:
        if isinstance(price.constraint, TimeOfDateConstraint):
            times |= {price.constraint.start_time, price.constraint.end_time}
    for moment in sorted(times, key=str):
        yield datetime.combine(day, moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _price(found: ModelPrice, version: str) -> Price | str:
    if _nanousd(found, "requests_kcount", 0):
        return "it is also charged per request, which a price per token cannot express"
    base = _rates(found, 0)
    if base is None:
        return "its price is unknown for input or output tokens"
    longer = {above: _rates(found, above + 1) or base for above in _tier_starts(found) if above > 0}
    return price_of(version, base, longer)


def _rates(found: ModelPrice, input_tokens: int) -> Rates | None:
    """The rates of a request with this many input tokens; None unless both input and output are priced."""
    per_input, per_output = _nanousd(found, "input_mtok", input_tokens), _nanousd(found, "output_mtok", input_tokens)
    if per_input is None or per_output is None:
        return None
    return Rates(
        input_nanousd_per_mtok=per_input,
        output_nanousd_per_mtok=per_output,
        cached_nanousd_per_mtok=_nanousd(found, "cache_read_mtok", input_tokens),
        cache_write_nanousd_per_mtok=_nanousd(found, "cache_write_mtok", input_tokens),
        reasoning_nanousd_per_mtok=_nanousd(found, "output_reasoning_mtok", input_tokens),
    )


def _tier_starts(found: ModelPrice) -> set[int]:
    """Input lengths above which any rate changes."""
    amounts = [_amount(found, key) for key in _RATES]
    return {tier.start for amount in amounts if isinstance(amount, TieredPrices) for tier in amount.tiers}


def _nanousd(found: ModelPrice, key: str, input_tokens: int) -> int | None:
    """Nano-USD per million (``mtok``) or thousand (``kcount``)."""
    amount = _amount(found, key)
    if isinstance(amount, TieredPrices):
        reached = [tier.price for tier in amount.tiers if input_tokens > tier.start]
        amount = reached[-1] if reached else amount.base
    return None if amount is None else nanousd(amount)


def _amount(found: ModelPrice, key: str) -> Decimal | TieredPrices | None:
    return getattr(found, key)
