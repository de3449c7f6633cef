"""What tokens cost: the catalogue's own dated ``prices.yaml`` first, then the price database it is shipped with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from assay.catalog.document import At, Document, read_document
from assay.catalog.errors import UnpricedModel
from assay.catalog.near import unknown
from assay.catalog.reading import read
from assay.contracts import runs
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.money import Price, PriceTier, Rates, nanousd

LOCAL = Price(version="local", local=True)
"""The price of what runs on one's own machine: nothing, on purpose."""

OWN = "prices.yaml"
"""The table that is asked first; a version of it is ``prices.yaml/<day it begins>``."""

BY_HAND = "run"
"""The version of a price that a run brought along."""

MAX_USD_PER_MTOK = 1_000_000
_AMOUNTS = ("input_usd_per_mtok", "cached_usd_per_mtok", "output_usd_per_mtok", "reasoning_usd_per_mtok")


class TokenRates(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """US dollars per million tokens, as written in a file. Without ``cached_usd_per_mtok``, input that was cached costs
    as much as any other; without ``reasoning_usd_per_mtok``, reasoning costs as much as any other output."""

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_usd_per_mtok: Decimal | None = None
    reasoning_usd_per_mtok: Decimal | None = None

    def rates(self) -> Rates:
        return Rates(
            input_nanousd_per_mtok=nanousd(self.input_usd_per_mtok),
            output_nanousd_per_mtok=nanousd(self.output_usd_per_mtok),
            cached_nanousd_per_mtok=_nanousd(self.cached_usd_per_mtok),
            reasoning_nanousd_per_mtok=_nanousd(self.reasoning_usd_per_mtok),
        )


class TokenTier(TokenRates, frozen=True, kw_only=True):
    """For the whole of a request whose input has more than ``above_input_tokens`` tokens."""

    above_input_tokens: Annotated[int, Meta(ge=1, le=2**40)]


class TokenPrice(TokenRates, frozen=True, kw_only=True):
    """``tiers`` by rising length of the input, where longer requests have other prices."""

    tiers: tuple[TokenTier, ...] = ()

    def price(self, version: str) -> Price:
        return price_of(version, self.rates(), {tier.above_input_tokens: tier.rates() for tier in self.tiers})


class PriceVersion(Data, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Prices from that day on, until a later version has the same model. ``provider/*`` is any of its models."""

    since: date
    models: dict[str, TokenPrice]


class PricesFile(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    versions: tuple[PriceVersion, ...] = ()


class PriceTable:
    """Looks prices up, for a day: a run pins what it finds, so that later changes do not alter what it cost."""

    def __init__(self, versions: Iterable[PriceVersion] = ()) -> None:
        self._versions = sorted(versions, key=lambda version: version.since, reverse=True)

    def find(
        self,
        name: ModelName,
        database_id: str,
        today: date | None = None,
        known: Iterable[str] = (),
        *,
        own: bool = True,
    ) -> Price:
        """The price of ``provider/model`` on that day; UnpricedModel when neither table can tell it. ``database_id`` is
        what the price database calls the provider; ``known`` are the models it may have been mistaken for. Without
        ``own`` the database alone is asked."""
        day = today or datetime.now(UTC).date()
        found = self._own(name, day) if own else None
        if found is not None:
            return found
        from assay.catalog.pricedb import lookup  # a second of data, only loaded when it is needed

        priced = lookup(database_id, name.partition("/")[2], day)
        if isinstance(priced, str):
            raise UnpricedModel(name, priced, known)
        return priced

    def names(self) -> list[ModelName]:
        """The models of the own table, without those for any model of a provider."""
        named = {name for version in self._versions for name in version.models}
        return sorted(name for name in named if not name.endswith("/*"))

    def _own(self, name: str, day: date) -> Price | None:
        current = [version for version in self._versions if version.since <= day]
        for key in (name, f"{name.partition('/')[0]}/*"):
            for version in current:
                if key in version.models:
                    return version.models[key].price(f"{OWN}/{version.since.isoformat()}")
        return None


def price_of(version: str, rates: Rates, tiers: dict[int, Rates]) -> Price:
    """The rates as one price; ``tiers`` by the length of the input they begin above."""
    return Price(
        version=version,
        tiers=tuple(PriceTier(above_input_tokens=above, **_fields(tiers[above])) for above in sorted(tiers)),
        **_fields(rates),
    )


def priced_by_hand(price: runs.TokenPrice) -> Price:
    """The price that a run request brings along for one of its models."""
    amounts = {name: _decimal(getattr(price, name)) for name in _AMOUNTS}
    return TokenPrice(**amounts).price(BY_HAND)  # pyright: ignore[reportArgumentType]


def too_dear(price: runs.TokenPrice | TokenRates) -> Iterator[tuple[str, str]]:
    """Amounts must be finite, not negative and below a million dollars, which only a slip of the pen reaches: the field
    of each that is not, and what is wrong with it."""
    for name in _AMOUNTS:
        amount = _decimal(getattr(price, name))
        if amount is not None and not (amount.is_finite() and 0 <= amount <= MAX_USD_PER_MTOK):
            yield name, f"{amount} is not between 0 and {MAX_USD_PER_MTOK} US dollars"


def load_prices(path: Path, file: str, providers: Iterable[str]) -> PriceTable:
    """The table at ``path``, or an empty one where there is no such file; InvalidCatalog with every mistake."""
    return PriceTable(load_versions(path, file, providers)) if path.is_file() else PriceTable()


def load_versions(path: Path, file: str, providers: Iterable[str]) -> tuple[PriceVersion, ...]:
    """The versions in the file at ``path``, as written; InvalidCatalog with every mistake."""
    document = read_document(path, file)
    prices = read(document, PricesFile) if document.value is not None else None
    versions = prices.versions if prices else ()
    known = list(providers)
    for index, version in enumerate(versions):
        _check(document, index, version, known)
        if version.since in [earlier.since for earlier in versions[:index]]:
            document.wrong(("versions", index, "from"), "an earlier version has the same day")
    document.raise_mistakes()
    return versions


def check_price(price: TokenPrice, document: Document, at: At) -> None:
    """Notes amounts that cannot be meant, and tiers out of order."""
    for name, message in too_dear(price):
        document.wrong((*at, name), message)
    lengths = [tier.above_input_tokens for tier in price.tiers]
    for index, tier in enumerate(price.tiers):
        for name, message in too_dear(tier):
            document.wrong((*at, "tiers", index, name), message)
        if index and lengths[index] <= lengths[index - 1]:
            message = f"{lengths[index]} does not come after {lengths[index - 1]}; tiers go by rising length"
            document.wrong((*at, "tiers", index, "above_input_tokens"), message)


def _check(document: Document, index: int, version: PriceVersion, providers: list[str]) -> None:
    for name, price in version.models.items():
        at = ("versions", index, "models", name)
        provider, slash, model = name.partition("/")
        if not slash or not model:
            document.wrong(at, "is not 'provider/model' or 'provider/*'")
        elif provider not in providers:
            document.wrong(at, *unknown("provider", provider, providers))
        check_price(price, document, at)


def _fields(rates: Rates) -> dict[str, Any]:
    return {name: getattr(rates, name) for name in Rates.__struct_fields__}


def _decimal(amount: str | Decimal | None) -> Decimal | None:
    return Decimal(amount) if isinstance(amount, str) else amount


def _nanousd(amount: Decimal | None) -> int | None:
    return None if amount is None else nanousd(amount)
