"""What tokens cost: the catalogue's own dated ``prices.yaml`` first, then the price database it is shipped with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from assay.catalog.document import At, Document, read_document
from assay.catalog.errors import UnpricedModel
from assay.catalog.near import unknown
from assay.catalog.reading import read
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.money import Price, nanousd

LOCAL = Price(version="local", local=True)
"""The price of what runs on one's own machine: nothing, on purpose."""

MAX_USD_PER_MTOK = 1_000_000


class TokenPrice(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """US dollars per million tokens, as written in a file. Without ``cached_usd_per_mtok``, input that was cached costs
    as much as any other."""

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_usd_per_mtok: Decimal | None = None

    def price(self, version: str) -> Price:
        cached = self.cached_usd_per_mtok
        return Price(
            version=version,
            input_nanousd_per_mtok=nanousd(self.input_usd_per_mtok),
            output_nanousd_per_mtok=nanousd(self.output_usd_per_mtok),
            cached_nanousd_per_mtok=None if cached is None else nanousd(cached),
        )


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

    def find(self, name: ModelName, database_id: str, today: date | None = None, known: Iterable[str] = ()) -> Price:
        """The price of ``provider/model`` on that day; UnpricedModel when neither table can tell it. ``database_id`` is
        what the price database calls the provider; ``known`` are the models it may have been mistaken for."""
        day = today or datetime.now(UTC).date()
        own = self._own(name, day)
        if own is not None:
            return own
        from assay.catalog.pricedb import lookup  # a second of data, only loaded when it is needed

        found = lookup(database_id, name.partition("/")[2], day)
        if isinstance(found, str):
            raise UnpricedModel(name, found, known)
        return found

    def _own(self, name: str, day: date) -> Price | None:
        current = [version for version in self._versions if version.since <= day]
        for key in (name, f"{name.partition('/')[0]}/*"):
            for version in current:
                if key in version.models:
                    return version.models[key].price(f"prices.yaml/{version.since.isoformat()}")
        return None


def load_prices(path: Path, file: str, providers: Iterable[str]) -> PriceTable:
    """The table at ``path``, or an empty one where there is no such file; InvalidCatalog with every mistake."""
    if not path.is_file():
        return PriceTable()
    document = read_document(path, file)
    prices = read(document, PricesFile) if document.value is not None else None
    versions = prices.versions if prices else ()
    known = list(providers)
    for index, version in enumerate(versions):
        _check(document, index, version, known)
        if version.since in [earlier.since for earlier in versions[:index]]:
            document.wrong(("versions", index, "from"), "an earlier version has the same day")
    document.raise_mistakes()
    return PriceTable(versions)


def check_price(price: TokenPrice, document: Document, at: At) -> None:
    """Amounts are finite, not negative and below a million dollars, which only a slip of the pen reaches."""
    amounts = {
        "input_usd_per_mtok": price.input_usd_per_mtok,
        "output_usd_per_mtok": price.output_usd_per_mtok,
        "cached_usd_per_mtok": price.cached_usd_per_mtok,
    }
    for name, amount in amounts.items():
        if amount is not None and not (amount.is_finite() and 0 <= amount <= MAX_USD_PER_MTOK):
            document.wrong((*at, name), f"{amount} is not between 0 and {MAX_USD_PER_MTOK} US dollars")


def _check(document: Document, index: int, version: PriceVersion, providers: list[str]) -> None:
    for name, price in version.models.items():
        at = ("versions", index, "models", name)
        provider, slash, model = name.partition("/")
        if not slash or not model:
            document.wrong(at, "is not 'provider/model' or 'provider/*'")
        elif provider not in providers:
            document.wrong(at, *unknown("provider", provider, providers))
        check_price(price, document, at)
