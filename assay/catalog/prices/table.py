"""What tokens cost: the catalogue's own dated ``prices.yaml`` first, then the price database it is shipped with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from assay.catalog.did_you_mean import unknown_name
from assay.catalog.errors import UnpricedModel
from assay.catalog.prices.rates import TokenPrice, check_price
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document, read_document
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.money import Price

LOCAL = Price(version="local", local=True)
"""The price of what runs on one's own machine: nothing, on purpose."""

PRICES_FILE = "prices.yaml"
"""The table that is asked first; a version of it is ``prices.yaml/<day it begins>``."""


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
        use_file: bool = True,
    ) -> Price:
        """The price of ``provider/model`` on that day; UnpricedModel when neither table can tell it. ``database_id`` is
        what the price database calls the provider; ``known`` are the models it may have been mistaken for. Without
        ``own`` the database alone is asked."""
        day = today or datetime.now(UTC).date()
        found = self._find_in_file(name, day) if use_file else None
        if found is not None:
            return found
        from assay.catalog.prices.database import lookup  # a second of data, only loaded when it is needed

        priced = lookup(database_id, name.partition("/")[2], day)
        if isinstance(priced, str):
            raise UnpricedModel(name, priced, known)
        return priced

    def names(self) -> list[ModelName]:
        """The models of the own table, without those for any model of a provider."""
        named = {name for version in self._versions for name in version.models}
        return sorted(name for name in named if not name.endswith("/*"))

    def _find_in_file(self, name: str, day: date) -> Price | None:
        current = [version for version in self._versions if version.since <= day]
        for key in (name, f"{name.partition('/')[0]}/*"):
            for version in current:
                if key in version.models:
                    return version.models[key].price(f"{PRICES_FILE}/{version.since.isoformat()}")
        return None


def load_prices(path: Path, file: str, providers: Iterable[str]) -> PriceTable:
    """The table at ``path``, or an empty one where there is no such file; InvalidCatalog with every mistake."""
    return PriceTable(load_versions(path, file, providers)) if path.is_file() else PriceTable()


def load_versions(path: Path, file: str, providers: Iterable[str]) -> tuple[PriceVersion, ...]:
    """The versions in the file at ``path``, as written; InvalidCatalog with every mistake."""
    document = read_document(path, file)
    prices = decode_document(document, PricesFile) if document.value is not None else None
    versions = prices.versions if prices else ()
    known = list(providers)
    for index, version in enumerate(versions):
        _check(document, index, version, known)
        if version.since in [earlier.since for earlier in versions[:index]]:
            document.add_mistake(("versions", index, "from"), "an earlier version has the same day")
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
