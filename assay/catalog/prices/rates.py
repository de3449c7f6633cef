"""Token prices as written in files and run requests, and their conversion to ``Price``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts import money
from assay.contracts.codec import Data
from assay.contracts.money import Price, PriceTier, Rates, nanousd

REQUEST_VERSION = "run"
"""The version of a price that comes with a run request."""
REGISTRY_VERSION = "registry"
"""The version of a price that is listed with its model."""

MAX_USD_PER_MTOK = 1_000_000
_AMOUNTS = (
    *("input_usd_per_mtok", "cached_usd_per_mtok", "cache_write_usd_per_mtok"),
    *("output_usd_per_mtok", "reasoning_usd_per_mtok"),
)


class TokenRates(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """US dollars per million tokens, as written in a file. ``cached_usd_per_mtok`` is for tokens that are read from the
    provider's prompt cache, ``cache_write_usd_per_mtok`` for those written to it; without them, both cost the same as
    other input. Without ``reasoning_usd_per_mtok``, reasoning costs the same as other output."""

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_usd_per_mtok: Decimal | None = None
    cache_write_usd_per_mtok: Decimal | None = None
    reasoning_usd_per_mtok: Decimal | None = None

    def rates(self) -> Rates:
        return Rates(
            input_nanousd_per_mtok=nanousd(self.input_usd_per_mtok),
            output_nanousd_per_mtok=nanousd(self.output_usd_per_mtok),
            cached_nanousd_per_mtok=_nanousd(self.cached_usd_per_mtok),
            cache_write_nanousd_per_mtok=_nanousd(self.cache_write_usd_per_mtok),
            reasoning_nanousd_per_mtok=_nanousd(self.reasoning_usd_per_mtok),
        )


class TokenTier(TokenRates, frozen=True, kw_only=True):
    """Applies to the whole of a request with more than ``above_input_tokens`` input tokens."""

    above_input_tokens: Annotated[int, Meta(ge=1, le=2**40)]


class TokenPrice(TokenRates, frozen=True, kw_only=True):
    """``tiers``, by increasing length, are the prices of requests with longer input."""

    tiers: tuple[TokenTier, ...] = ()

    def price(self, version: str) -> Price:
        return price_of(version, self.rates(), {tier.above_input_tokens: tier.rates() for tier in self.tiers})


def price_of(version: str, rates: Rates, tiers: dict[int, Rates]) -> Price:
    """The rates as one price; ``tiers`` are keyed by the input length above which they apply."""
    return Price(
        version=version,
        tiers=tuple(PriceTier(above_input_tokens=above, **_rate_fields(tiers[above])) for above in sorted(tiers)),
        **_rate_fields(rates),
    )


def token_price(price: money.TokenPrice, version: str) -> Price:
    """A price written as decimal strings."""
    amounts = {name: _decimal(getattr(price, name)) for name in _AMOUNTS}
    return TokenPrice(**amounts).price(version)  # pyright: ignore[reportArgumentType]


def amount_mistakes(price: money.TokenPrice | TokenRates) -> Iterator[tuple[str, str]]:
    """The field and the message of every amount that is not between 0 and a million dollars, which only a typo
    exceeds."""
    for name in _AMOUNTS:
        amount = _decimal(getattr(price, name))
        if amount is not None and not (amount.is_finite() and 0 <= amount <= MAX_USD_PER_MTOK):
            yield name, f"{amount} is not between 0 and {MAX_USD_PER_MTOK} US dollars"


def check_price(price: TokenPrice, document: Document, at: FieldPath) -> None:
    """Adds mistakes for amounts out of range and tiers out of order."""
    for name, message in amount_mistakes(price):
        document.add_mistake((*at, name), message)
    lengths = [tier.above_input_tokens for tier in price.tiers]
    for index, tier in enumerate(price.tiers):
        for name, message in amount_mistakes(tier):
            document.add_mistake((*at, "tiers", index, name), message)
        if index and lengths[index] <= lengths[index - 1]:
            message = f"{lengths[index]} is not above {lengths[index - 1]}; list tiers by increasing length"
            document.add_mistake((*at, "tiers", index, "above_input_tokens"), message)


def _rate_fields(rates: Rates) -> dict[str, Any]:
    return {name: getattr(rates, name) for name in Rates.__struct_fields__}


def _decimal(amount: str | Decimal | None) -> Decimal | None:
    return Decimal(amount) if isinstance(amount, str) else amount


def _nanousd(amount: Decimal | None) -> int | None:
    return None if amount is None else nanousd(amount)
