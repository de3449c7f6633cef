"""Prices from the database in ``genai-prices``, as it was installed: nothing is fetched.

A price that depends on the prompt's length is taken for short prompts: a task's prompt is capped (folder.py) well below
the lengths at which providers charge more.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

from assay.contracts.money import Price, nanousd

VERSION = f"genai-prices/{genai_prices.__version__}"


def lookup(provider_id: str, model: str, day: date) -> Price | str:
    """The price of a model on that day, or why there is none."""
    try:
        _, info = get_snapshot().find_provider_model(model, None, provider_id, None)
    except LookupError:
        return "its price is unknown"
    return _price(info.get_prices(datetime.combine(day, time(12), UTC)))


def _price(found: ModelPrice) -> Price | str:
    per_input, per_output = _amount(found, "input_mtok"), _amount(found, "output_mtok")
    per_cached = _amount(found, "cache_read_mtok")
    if _amount(found, "requests_kcount"):
        return "it is charged per request too, which a price per token cannot say"
    if per_input is None or per_output is None:
        return "its price is not known for both input and output tokens"
    return Price(
        version=VERSION,
        input_nanousd_per_mtok=nanousd(per_input),
        output_nanousd_per_mtok=nanousd(per_output),
        cached_nanousd_per_mtok=None if per_cached is None else nanousd(per_cached),
    )


def _amount(found: ModelPrice, key: str) -> Decimal | None:
    """US dollars per million (``mtok``) or thousand (``kcount``)."""
    amount: Decimal | TieredPrices | None = getattr(found, key)
    return amount.base if isinstance(amount, TieredPrices) else amount
