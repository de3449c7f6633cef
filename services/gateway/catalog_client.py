"""The catalogue for the event loop: it reads the disk, so calls run in a thread, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from assay.bus.errors import BusError
from assay.catalog.catalog import Catalog
from assay.catalog.errors import CatalogError
from assay.catalog.models import Registry, pull_refusal
from assay.catalog.prices.table import PRICES_FILE
from assay.catalog.selection.resolve import merge_parameters
from assay.catalog.selection.selection import SelectedTask, Selection
from assay.catalog.tasks.bundles import Bundles, make_bundles
from assay.contracts.catalog import CatalogMistake
from assay.contracts.models import ModelKind, ModelView, Origin, Parameters
from assay.contracts.problems import FieldError, ProblemError
from assay.contracts.providers import HOSTED, Provider, ProviderKind, ProviderView, StoredKey
from assay.contracts.rpc import JudgeText, KeyState, ListOfferedModels, Providers, PullModel, TestModel
from assay.contracts.runs import RunRequest
from assay.contracts.spending import ModelPrice
from assay.contracts.tasks import SuiteView, TaskView
from services.gateway.errors import InvalidRequest
from services.gateway.text_judging import TextToJudge, judge_text, with_key

T = TypeVar("T")

RegisteredProviders = Callable[[], Awaitable[Providers]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedRequest:
    """A run request with its names resolved, and the bundles of its tasks in the same order."""

    selection: Selection
    bundles: tuple[Bundles, ...]

    @property
    def tasks(self) -> tuple[tuple[SelectedTask, Bundles], ...]:
        return tuple(zip(self.selection.tasks, self.bundles, strict=True))


class CatalogClient:
    """``registered`` asks for the providers in the ledger; it raises ProblemError if the ledger does not answer."""

    def __init__(self, catalog: Catalog, registered: RegisteredProviders) -> None:
        self._catalog, self._registered = catalog, registered
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
        """Without the ledger only those of the file."""
        try:
            catalog = await self._with_registered()
        except (BusError, ProblemError):
            catalog = self._catalog
        return await self._in_thread(lambda: _models(catalog))

    async def providers(self) -> list[ProviderView]:
        """Those of the file in its order, then those of the ledger."""
        stored = await self._registered()
        registry = await self._in_thread(self._catalog.registry)
        return provider_views(registry, stored)

    async def models_request(self, view: ProviderView) -> ListOfferedModels:
        """Asks a runner which models the provider has."""
        return ListOfferedModels(
            provider_id=view.provider_id,
            provider=view.provider if view.origin is Origin.DATABASE else None,
            key_permit=_permit(await self._registered(), view.provider_id, view.origin),
        )

    async def model_test(self, model: str, parameters: Parameters) -> TestModel:
        """The request to a runner. Raises UnknownModel or UnknownProvider."""
        stored = await self._registered()
        return await self._in_thread(lambda: _model_test(self._catalog, stored, model, parameters))

    async def judge_text(self, body: TextToJudge) -> JudgeText:
        """The request to a judge. Raises ProblemError naming what does not exist."""
        stored = await self._registered()
        return await self._in_thread(lambda: _judge_text(self._catalog, stored, body))

    async def model_pull(self, model: str, *, restart: bool) -> PullModel:
        """The request to a runner. Raises UnknownModel or UnknownProvider, and InvalidRequest if the model's provider
        downloads none."""
        stored = await self._registered()
        return await self._in_thread(lambda: _model_pull(self._catalog, stored, model, restart))

    async def prices(self, as_of: str = "", models: Sequence[str] | None = None) -> list[ModelPrice]:
        """Prices of the named models (None: of all known ones) as of a day, a price table version, or today (""). An
        ``as_of`` that is none of these raises ProblemError."""
        catalog = await self._with_registered()
        return await self._in_thread(lambda: _prices(catalog, as_of, models))

    async def resolve(self, request: RunRequest) -> ResolvedRequest:
        """Raises ProblemError naming every wrong field and its near match."""
        catalog = await self._with_registered()
        return await self._in_thread(lambda: _resolve(catalog, request))

    async def registered(self) -> dict[str, Provider]:
        """The providers in the ledger, by id."""
        return _by_id(await self._registered())

    async def _with_registered(self) -> Catalog:
        return self._catalog.with_registered(await self.registered())

    async def _in_thread(self, read: Callable[[], T]) -> T:
        async with self._lock:
            return await asyncio.to_thread(read)


def _resolve(catalog: Catalog, request: RunRequest) -> ResolvedRequest:
    selection = catalog.resolve(request)
    return ResolvedRequest(
        selection=selection, bundles=tuple(make_bundles(selected.task) for selected in selection.tasks)
    )


def _models(catalog: Catalog) -> list[ModelView]:
    registry = catalog.registry()
    return [_model(catalog, registry, name) for name in registry.names()]


def _model(catalog: Catalog, registry: Registry, name: str) -> ModelView:
    provider_id, entry = name.partition("/")[0], registry.entry(name)
    return ModelView(
        name=name,
        provider=provider_id,
        kind=model_kind(name, registry.provider(name)),
        origin=registry.origin(provider_id),
        title=entry.title,
        parameters=entry.parameters,
        price=_price(catalog, name, None).price,
        capabilities=catalog.capabilities(name),
    )


def _by_id(stored: Providers) -> dict[str, Provider]:
    return {each.provider_id: each.provider for each in stored.items}


def _permit(stored: Providers, provider_id: str, origin: Origin) -> str:
    """To open the provider's stored key; empty if there is none."""
    state = _key_state(stored, provider_id, origin)
    return state.permit if state else ""


def _stored_key(stored: Providers, provider_id: str, origin: Origin) -> StoredKey | None:
    state = _key_state(stored, provider_id, origin)
    return state.key if state else None


def _key_state(stored: Providers, provider_id: str, origin: Origin) -> KeyState | None:
    registered = origin is Origin.DATABASE
    found = (key for key in stored.keys if (key.provider_id, key.registered) == (provider_id, registered))
    return next(found, None)


def _model_test(catalog: Catalog, stored: Providers, name: str, parameters: Parameters) -> TestModel:
    catalog = catalog.with_registered(_by_id(stored))
    registry, provider_id = catalog.registry(), name.partition("/")[0]
    entry, origin = registry.entry(name), registry.origin(provider_id)
    return TestModel(
        model=name,
        parameters=merge_parameters(parameters, entry.parameters),
        provider=registry.provider(name) if origin is Origin.DATABASE else None,
        price=_price(catalog, name, None).price,
        key_permit=_permit(stored, provider_id, origin),
    )


def _judge_text(catalog: Catalog, stored: Providers, body: TextToJudge) -> JudgeText:
    catalog = catalog.with_registered(_by_id(stored))
    request, provider_id = judge_text(catalog, body), body.judge.partition("/")[0]
    return with_key(request, catalog, _permit(stored, provider_id, catalog.registry().origin(provider_id)))


def _model_pull(catalog: Catalog, stored: Providers, name: str, restart: bool) -> PullModel:
    registry, provider_id = catalog.with_registered(_by_id(stored)).registry(), name.partition("/")[0]
    registry.entry(name)
    provider, origin = registry.provider(name), registry.origin(provider_id)
    if refusal := pull_refusal(provider_id, provider):
        raise InvalidRequest(FieldError(where="model", message=refusal))
    return PullModel(
        model=name,
        restart=restart,
        provider=provider if origin is Origin.DATABASE else None,
        key_permit=_permit(stored, provider_id, origin),
    )


def _prices(catalog: Catalog, as_of: str, models: Sequence[str] | None) -> list[ModelPrice]:
    day, use_prices_file = _parse_as_of(as_of)
    names = catalog.registry().names() if models is None else models
    return [_price(catalog, name, day, use_prices_file=use_prices_file) for name in names]


def _price(catalog: Catalog, name: str, day: date | None, *, use_prices_file: bool = True) -> ModelPrice:
    try:
        return ModelPrice(model=name, price=catalog.price(name, day, use_prices_file=use_prices_file))
    except CatalogError as error:
        return ModelPrice(model=name, reason=error.problem.detail)


def provider_views(registry: Registry, stored: Providers) -> list[ProviderView]:
    """``registry`` is that of the file."""
    listed = [
        ProviderView(
            provider_id=name, origin=Origin.FILE, provider=provider, key=_stored_key(stored, name, Origin.FILE)
        )
        for name, provider in registry.providers.items()
        if registry.origin(name) is Origin.FILE
    ]
    added = [
        ProviderView(
            provider_id=each.provider_id,
            origin=Origin.DATABASE,
            provider=each.provider,
            revision=each.revision,
            changed_at=each.changed_at,
            hidden=each.provider_id in registry.providers,
            key=_stored_key(stored, each.provider_id, Origin.DATABASE),
        )
        for each in stored.items
    ]
    return [*listed, *added]


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
    return ModelKind.LOCAL if provider.local or provider.kind in HOSTED else ModelKind.HOSTED
