"""The catalogue for the event loop: it reads the disk, so calls run in a thread, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from assay.catalog.catalog import Catalog
from assay.catalog.errors import CatalogError
from assay.catalog.models import Provider, ProviderKind
from assay.catalog.prices.table import PRICES_FILE
from assay.catalog.selection.selection import SelectedTask, Selection
from assay.catalog.tasks.bundles import Bundles, make_bundles
from assay.contracts.catalog import CatalogMistake
from assay.contracts.models import ModelKind, ModelView
from assay.contracts.problems import FieldError
from assay.contracts.runs import RunRequest
from assay.contracts.spending import ModelPrice
from assay.contracts.tasks import SuiteView, TaskView
from services.gateway.errors import InvalidRequest

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedRequest:
    """A run request with its names resolved, and the bundles of its tasks in the same order."""

    selection: Selection
    bundles: tuple[Bundles, ...]

    @property
    def tasks(self) -> tuple[tuple[SelectedTask, Bundles], ...]:
        return tuple(zip(self.selection.tasks, self.bundles, strict=True))


class CatalogClient:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = asyncio.Lock()

    async def tasks(self) -> list[TaskView]:
        return await self._in_thread(lambda: [task.view() for task in self._catalog.tasks()])

    async def suites(self) -> list[SuiteView]:
        return await self._in_thread(self._catalog.suites)

    async def task(self, task_id: str) -> TaskView:
        """Raises UnknownTask, or InvalidCatalog with the task's mistakes."""
        return await self._in_thread(lambda: self._catalog.find_task(task_id).view())

    async def suite(self, suite_id: str) -> SuiteView:
        """Raises UnknownSuite, or InvalidCatalog with the suite's mistakes."""
        return await self._in_thread(lambda: self._catalog.suite_view(self._catalog.find_suite(suite_id)))

    async def broken(self) -> list[CatalogMistake]:
        return await self._in_thread(self._catalog.broken)

    async def models(self) -> list[ModelView]:
        return await self._in_thread(self._models)

    async def prices(self, as_of: str = "", models: Sequence[str] | None = None) -> list[ModelPrice]:
        """Prices of the named models (None: of all known ones) as of a day, a price table version, or today (""). An
        ``as_of`` that is none of these raises ProblemError."""
        return await self._in_thread(lambda: self._prices(as_of, models))

    async def resolve(self, request: RunRequest) -> ResolvedRequest:
        """Raises ProblemError naming every wrong field and its near match."""
        return await self._in_thread(lambda: self._resolve(request))

    async def _in_thread(self, read: Callable[[], T]) -> T:
        async with self._lock:
            return await asyncio.to_thread(read)

    def _resolve(self, request: RunRequest) -> ResolvedRequest:
        selection = self._catalog.resolve(request)
        return ResolvedRequest(
            selection=selection, bundles=tuple(make_bundles(selected.task) for selected in selection.tasks)
        )

    def _models(self) -> list[ModelView]:
        registry = self._catalog.registry()
        return [self._model(name, registry.provider(name)) for name in registry.names()]

    def _model(self, name: str, provider: Provider) -> ModelView:
        return ModelView(
            name=name,
            provider=name.partition("/")[0],
            kind=model_kind(name, provider),
            price=self._price(name, None).price,
            capabilities=self._catalog.capabilities(name),
        )

    def _prices(self, as_of: str, models: Sequence[str] | None) -> list[ModelPrice]:
        day, use_prices_file = _parse_as_of(as_of)
        names = self._catalog.registry().names() if models is None else models
        return [self._price(name, day, use_prices_file=use_prices_file) for name in names]

    def _price(self, name: str, day: date | None, *, use_prices_file: bool = True) -> ModelPrice:
        try:
            return ModelPrice(model=name, price=self._catalog.price(name, day, use_prices_file=use_prices_file))
        except CatalogError as error:
            return ModelPrice(model=name, reason=error.problem.detail)


def _parse_as_of(text: str) -> tuple[date | None, bool]:
    """The day, and whether the catalogue's prices file is used. Raises InvalidRequest."""
    from assay.catalog.prices.database import DATABASE, VERSION  # takes a second to load

    if not text or text in (DATABASE, VERSION):
        return None, not text
    try:
        day = date.fromisoformat(text.removeprefix(f"{PRICES_FILE}/").removeprefix(f"{VERSION}/"))
    except ValueError as error:
        versions = f"{PRICES_FILE}/<day> or {VERSION}"
        message = f"must be a day such as 2025-06-01 or a price table version ({versions}), got {text!r}"
        raise InvalidRequest(FieldError(where="as_of_prices", message=message)) from error
    return day, not text.startswith(VERSION)


def model_kind(name: str, provider: Provider) -> ModelKind:
    if provider.kind is ProviderKind.BUILTIN:
        return ModelKind.SCRIPTED if "/" in name else ModelKind.BASELINE
    return ModelKind.LOCAL if provider.local or provider.kind is ProviderKind.EMBEDDED else ModelKind.HOSTED
