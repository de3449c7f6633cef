"""Opens models. All tries share one client and one rate limiter per provider."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from assay.bus.protocol import Rpc
from assay.catalog import Catalog, CatalogError, Script
from assay.catalog.models import pull_refusal, registered_mistakes
from assay.catalog.yaml.document import path_text
from assay.contracts.models import ModelName, ModelSpec, Outage
from assay.contracts.providers import HOSTED, Provider, ProviderKind
from assay.contracts.replay import REPLAY, Responses
from assay.contracts.rpc import OfferedModel
from services.runner.errors import CallMisconfigured
from services.runner.models.hosted.local import HOST_WAIT_SECONDS
from services.runner.models.http.address_policy import Network
from services.runner.models.keys.stored_keys import NO_ACCESS, KeyAccess
from services.runner.models.open_provider import Dependencies, ModelHandle, OpenProvider
from services.runner.models.protocol import READ_TIMEOUT_SECONDS
from services.runner.models.provider_client import OnPullProgress
from services.runner.models.scripted import ScriptedModel
from services.runner.models.sent_parameters import ParameterMistake
from services.runner.rate_limiter import RETRY_POLICY, Clock, ProviderLimits, RateLimiter, RetryPolicy

_CACHE_SECONDS = 1.0
_UNLIMITED = ProviderLimits(concurrency=1_000_000, ramp_up=False)


class ModelRegistry:
    """All models of the catalogue and of the ledger. ``local_networks``: where providers of the ledger may be if they
    are marked local."""

    def __init__(
        self,
        catalog: Catalog,
        rpc: Rpc,
        environment: Mapping[str, str] = os.environ,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        host_wait_seconds: float = HOST_WAIT_SECONDS,
        clock: Clock | None = None,
        retry_policy: RetryPolicy = RETRY_POLICY,
        local_networks: Sequence[Network] = (),
    ) -> None:
        self._catalog = catalog
        self._dependencies = Dependencies(
            rpc=rpc,
            environment=environment,
            read_timeout_seconds=read_timeout_seconds,
            host_wait_seconds=host_wait_seconds,
            local_networks=local_networks,
        )
        self._clock, self._share, self._retry_policy = clock, 1.0, retry_policy
        self._unlimited = RateLimiter("scripted", _UNLIMITED, clock)
        self._open: dict[str, OpenProvider] = {}
        self._cached: dict[str, tuple[float, Provider]] = {}

    async def open(
        self,
        name: ModelName,
        task_id: str,
        sample_id: str,
        provider: Provider | None = None,
        access: KeyAccess = NO_ACCESS,
    ) -> ModelHandle:
        """The model to ask about that sample. ``provider`` is the model's, if it is not in the catalogue; ``access``
        opens a stored key. Raises CallMisconfigured if the model cannot be called."""
        provider_id, _, model = name.partition("/")
        try:
            found = self._find(provider_id, name, provider)
            if found.kind is ProviderKind.BUILTIN:
                script = ScriptedModel(self._catalog.script(name), task_id, sample_id)
                return ModelHandle(model=script, rate_limiter=self._unlimited.model(model))
        except CatalogError as error:
            raise _not_in_catalog(name, error) from error
        opened = await self._open_provider(provider_id, found, registered=provider is not None)
        return await opened.open(model, access)

    async def parameter_mistakes(
        self, model: ModelSpec, provider: Provider | None = None, *, has_stored_key: bool = False
    ) -> list[ParameterMistake]:
        """Why the model would not accept its parameters, as far as its family knows. Raises CallMisconfigured like
        ``open``; ``has_stored_key`` replaces the access."""
        provider_id, _, name = model.name.partition("/")
        try:
            found = self._find(provider_id, model.name, provider)
            if found.kind is ProviderKind.BUILTIN:
                self._catalog.script(model.name)
                return []
        except CatalogError as error:
            raise _not_in_catalog(model.name, error) from error
        opened = await self._open_provider(provider_id, found, registered=provider is not None)
        return await opened.parameter_mistakes(name, model.parameters, has_stored_key=has_stored_key)

    async def offered(
        self, provider_id: str, provider: Provider | None = None, access: KeyAccess = NO_ACCESS
    ) -> list[OfferedModel]:
        """The models that the provider lists. Raises CallFailed."""
        found = self._find_any(provider_id, provider)
        if found.kind is ProviderKind.BUILTIN:
            return [OfferedModel(name=model.name, detail=model.title) for model in found.models]
        opened = await self._open_provider(provider_id, found, registered=provider is not None)
        return await opened.offered(access)

    async def pull(
        self,
        name: ModelName,
        on_progress: OnPullProgress,
        provider: Provider | None = None,
        access: KeyAccess = NO_ACCESS,
    ) -> None:
        """The provider downloads the model; returns when it is installed. Raises CallFailed."""
        provider_id, _, model = name.partition("/")
        found = self._find_any(provider_id, provider)
        if refusal := pull_refusal(provider_id, found):
            raise CallMisconfigured(refusal)
        opened = await self._open_provider(provider_id, found, registered=provider is not None)
        await opened.pull(model, on_progress, access)

    def set_share(self, share: float) -> None:
        """Sets this runner's part of what providers allow all runners together."""
        if share != self._share:
            self._share = share
            for opened in self._open.values():
                opened.rate_limiter.set_share(share)

    def outages(self) -> tuple[Outage, ...]:
        """The models to which no requests are sent at present."""
        found = (outage for opened in self._open.values() for outage in opened.rate_limiter.outages())
        return tuple(sorted(found, key=lambda outage: outage.model))

    def _policy(self, provider: Provider) -> RetryPolicy:
        seconds = provider.max_outage_seconds
        return self._retry_policy if seconds is None else replace(self._retry_policy, max_outage_seconds=seconds)

    def _find(self, provider_id: str, name: ModelName, registered: Provider | None) -> Provider:
        """Raises CatalogError, or CallMisconfigured for a registered provider that is not used."""
        if registered is None:
            return self._provider(name, provider_id)
        _check_registered(provider_id, registered)
        return registered

    def _find_any(self, provider_id: str, registered: Provider | None) -> Provider:
        """Raises CallMisconfigured."""
        try:
            return self._find(provider_id, f"{provider_id}/", registered)
        except CatalogError as error:
            raise CallMisconfigured(str(error)) from error

    async def _open_provider(self, provider_id: str, provider: Provider, *, registered: bool) -> OpenProvider:
        opened = self._open.get(provider_id)
        if opened is not None and (opened.provider is provider or opened.provider == provider):
            return opened
        limiter = RateLimiter(provider_id, _limits(provider), self._clock, self._share, self._policy(provider))
        new = OpenProvider(provider_id, provider, limiter, self._dependencies, registered=registered)
        self._open[provider_id] = new
        if opened is not None:
            await opened.retire()
        return new

    def _provider(self, name: ModelName, provider_id: str) -> Provider:
        """The catalogue's entry, cached for a second, in which hundreds of tries may need it."""
        cached = self._cached.get(provider_id)
        now = time.monotonic()
        if cached is None or now - cached[0] > _CACHE_SECONDS:
            cached = self._cached[provider_id] = (now, self._catalog.registry().provider(name))
        return cached[1]

    async def close(self) -> None:
        """Closes all connections."""
        for opened in self._open.values():
            await opened.close()


def _not_in_catalog(name: ModelName, error: CatalogError) -> CallMisconfigured:
    return CallMisconfigured(
        f"this runner's catalogue does not have {name!r}: {error} (if it was added with `assay models add`, it has "
        "been removed since)"
    )


def _check_registered(provider_id: str, provider: Provider) -> None:
    """Raises CallMisconfigured. The gateway has checked it too, but the secrets are here."""
    for at, message in registered_mistakes(provider):
        raise CallMisconfigured(f"provider {provider_id!r} is not used: {path_text(at)} {message}")


def replay_handle(name: ModelName, responses: Responses, task_id: str, sample_id: str) -> ModelHandle:
    """A model that replays a run's stored responses."""
    script = Script(title=name, default=responses.default, responses=dict(responses.responses))
    model = ScriptedModel(script, task_id, sample_id)
    return ModelHandle(model=model, rate_limiter=RateLimiter(REPLAY, _UNLIMITED).model(name))


def _limits(provider: Provider) -> ProviderLimits:
    """A provider on this machine accepts its full concurrency from the start."""
    return ProviderLimits(
        concurrency=provider.concurrency,
        requests_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
        ramp_up=not (provider.local or provider.kind in HOSTED),
    )
