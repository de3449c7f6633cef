"""Looks up token prices: first in the catalogue's dated ``prices.yaml``, then in the installed price database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from assay.catalog.errors import UnpricedModel
from assay.catalog.prices.rates import TokenPrice, check_price
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import read_document
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.money import Price
from assay.validation.did_you_mean import unknown_name

LOCAL = Price(version="local", local=True)
"""The price of models on this machine: explicitly free."""

PRICES_FILE = "prices.yaml"
"""Its versions are called ``prices.yaml/<first day>``."""


class PriceVersion(Data, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Prices from a day on, until a later version lists the same model. ``provider/*`` matches any of its models."""

    since: date
    models: dict[str, TokenPrice]


class PricesFile(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    versions: tuple[PriceVersion, ...] = ()


class PriceTable:
    """Finds prices by day. Runs pin the result, so later changes do not alter their cost."""

    def __init__(self, versions: Iterable[PriceVersion] = ()) -> None:
        self._versions = sorted(versions, key=lambda version: version.since, reverse=True)

    def find(
        self,
        name: ModelName,
        database_id: str,
        today: date | None = None,
        known: Iterable[str] = (),
        *,
        use_file: bool = True,
    ) -> Price:
        """The price of ``provider/model`` on a day (default: today, UTC); raises UnpricedModel when neither source has
        it. ``database_id`` is the provider's name in the price database; ``known`` are models to suggest. Without
        ``use_file`` only the database counts."""
        day = today or datetime.now(UTC).date()
        found = self.find_in_file(name, day) if use_file else None
        if found is not None:
            return found
        from assay.catalog.prices.database import lookup  # takes a second to load

        priced = lookup(database_id, name.partition("/")[2], day)
        if isinstance(priced, str):
            raise UnpricedModel(name, priced, known)
        return priced

    def names(self) -> list[ModelName]:
        """The models listed in ``prices.yaml``, without ``provider/*``."""
        named = {name for version in self._versions for name in version.models}
        return sorted(name for name in named if not name.endswith("/*"))

    def find_in_file(self, name: ModelName, today: date | None = None) -> Price | None:
        """The price in ``prices.yaml``, if it has one."""
        day = today or datetime.now(UTC).date()
        current = [version for version in self._versions if version.since <= day]
        for key in (name, f"{name.partition('/')[0]}/*"):
            for version in current:
                if key in version.models:
                    return version.models[key].price(f"{PRICES_FILE}/{version.since.isoformat()}")
        return None


def load_prices(path: Path, file: str, providers: Iterable[str]) -> PriceTable:
    """The table at ``path``, or an empty one when there is no file. Raises InvalidCatalog with every mistake."""
    return PriceTable(load_versions(path, file, providers)) if path.is_file() else PriceTable()


def load_versions(path: Path, file: str, providers: Iterable[str]) -> tuple[PriceVersion, ...]:
    """The versions in the file at ``path``. Raises InvalidCatalog with every mistake."""
    document = read_document(path, file)
    prices = decode_document(document, PricesFile) if document.value is not None else None
    versions = prices.versions if prices else ()
    known = list(providers)
    days: set[date] = set()
    for index, version in enumerate(versions):
        _check(document, index, version, known)
        if version.since in days:
            document.add_mistake(("versions", index, "from"), "is also the day of an earlier version")
        days.add(version.since)
    document.raise_mistakes()
    return versions


def _check(document: Document, index: int, version: PriceVersion, providers: list[str]) -> None:
    for name, price in version.models.items():
        at = ("versions", index, "models", name)
        provider, slash, model = name.partition("/")
        if not slash or not model:
            document.add_mistake(at, "is not 'provider/model' or 'provider/*'")
        elif provider not in providers:
            document.add_mistake(at, *unknown_name("provider", provider, providers))
        check_price(price, document, at)
