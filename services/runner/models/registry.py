"""Opens models. All tries share one client and one rate limiter per provider."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc
from assay.catalog import Catalog, CatalogError, Script
from assay.catalog.models import address_mistake, pull_refusal, registered_mistakes
from assay.catalog.yaml.document import path_text
from assay.contracts.models import ModelName, ModelSpec, Outage
from assay.contracts.problems import ProblemError
from assay.contracts.providers import HOSTED, NEEDS_ADDRESS, Provider, ProviderKind
from assay.contracts.replay import REPLAY, Responses
from assay.contracts.rpc import GetModelUse, ModelEndpoint, OfferedModel
from assay.files.secrets import SecretUnreadable, read_secret, sources_of
from services.runner.errors import AuthenticationFailed, CallMisconfigured
from services.runner.models.hosted.local import HOST_WAIT_SECONDS, LocalModel
from services.runner.models.hosted.transformers import TransformersModel
from services.runner.models.protocol import READ_TIMEOUT_SECONDS, Model
from services.runner.models.provider_client import (
    NO_KEY,
    Connection,
    OnPullProgress,
    ProviderClient,
    PullingClient,
    open_client,
)
from services.runner.models.scripted import ScriptedModel
from services.runner.models.sent_parameters import ParameterMistake
from services.runner.rate_limiter import RETRY_POLICY, Clock, ModelLimiter, ProviderLimits, RateLimiter, RetryPolicy

_CACHE_SECONDS = 1.0
_UNLIMITED = ProviderLimits(concurrency=1_000_000, ramp_up=False)


@dataclass(frozen=True, kw_only=True)
class ModelHandle:
    """A model, with its rate limiter."""

    model: Model
    rate_limiter: ModelLimiter


@dataclass(kw_only=True)
class _OpenProvider:
    """Replaced when the provider's entry in the catalogue changes."""

    provider_id: str
    provider: Provider
    rate_limiter: RateLimiter
    models: dict[str, Model] = field(default_factory=dict[str, Model])
    clients: dict[str, ProviderClient] = field(default_factory=dict[str, ProviderClient])


class ModelRegistry:
    """All models of the catalogue. Keys are read from the environment and passed to the client, never stored."""

    def __init__(
        self,
        catalog: Catalog,
        rpc: Rpc,
        environment: Mapping[str, str] = os.environ,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        host_wait_seconds: float = HOST_WAIT_SECONDS,
        clock: Clock | None = None,
        retry_policy: RetryPolicy = RETRY_POLICY,
    ) -> None:
        self._catalog, self._rpc, self._environment = catalog, rpc, environment
        self._read_timeout_seconds, self._host_wait_seconds = read_timeout_seconds, host_wait_seconds
        self._clock, self._share, self._retry_policy = clock, 1.0, retry_policy
        self._unlimited = RateLimiter("scripted", _UNLIMITED, clock)
        self._open: dict[str, _OpenProvider] = {}
        self._cached: dict[str, tuple[float, Provider]] = {}

    async def open(
        self, name: ModelName, task_id: str, sample_id: str, provider: Provider | None = None
    ) -> ModelHandle:
        """The model to ask about that sample. ``provider`` is the model's, if the catalogue does not have it. Raises
        CallMisconfigured if the model cannot be called."""
        provider_id, _, model = name.partition("/")
        if provider:
            _check_registered(provider_id, provider)
        try:
            provider = provider or self._provider(name, provider_id)
            if provider.kind is ProviderKind.BUILTIN:
                script = ScriptedModel(self._catalog.script(name), task_id, sample_id)
                return ModelHandle(model=script, rate_limiter=self._unlimited.model(model))
        except CatalogError as error:
            raise CallMisconfigured(
                f"this runner's catalogue does not have {name!r}: {error} (if it was added with `assay models add`, it "
                "has been removed since)"
            ) from error
        opened = self._open_provider(provider_id, provider)
        if model not in opened.models:
            opened.models[model] = await self._connect(opened, provider_id, model)
        return ModelHandle(model=opened.models[model], rate_limiter=opened.rate_limiter.model(model))

    async def parameter_mistakes(self, model: ModelSpec, provider: Provider | None = None) -> list[ParameterMistake]:
        """Why the model would not accept its parameters, as far as its family knows. Raises CallMisconfigured like
        ``open``."""
        await self.open(model.name, "", "", provider)
        provider_id, _, name = model.name.partition("/")
        opened = self._open.get(provider_id)
        client = next(iter(opened.clients.values()), None) if opened else None
        return client.parameter_mistakes(name, model.parameters) if client else []

    async def offered(self, provider_id: str, provider: Provider | None = None) -> list[OfferedModel]:
        """The models that the provider lists. Raises CallFailed."""
        provider = self._checked_provider(provider_id, provider)
        if provider.kind in (ProviderKind.BUILTIN, *HOSTED):
            return [OfferedModel(name=model.name, detail=model.title) for model in provider.models]
        return await (await self._provider_client(provider_id, provider)).offered()

    async def pull(self, name: ModelName, on_progress: OnPullProgress, provider: Provider | None = None) -> None:
        """The provider downloads the model; returns when it is installed. Raises CallFailed."""
        provider_id, _, model = name.partition("/")
        provider = self._checked_provider(provider_id, provider)
        if refusal := pull_refusal(provider_id, provider):
            raise CallMisconfigured(refusal)
        client = await self._provider_client(provider_id, provider)
        assert isinstance(client, PullingClient)
        await client.pull(model, on_progress)

    def _checked_provider(self, provider_id: str, provider: Provider | None) -> Provider:
        """``provider``, which comes from the ledger, or else the catalogue's. Raises CallMisconfigured."""
        if provider:
            _check_registered(provider_id, provider)
            return provider
        try:
            return self._provider(f"{provider_id}/", provider_id)
        except CatalogError as error:
            raise CallMisconfigured(str(error)) from error

    async def _provider_client(self, provider_id: str, provider: Provider) -> ProviderClient:
        opened = self._open_provider(provider_id, provider)
        address, key = self._address(provider, provider_id), self._key(provider, provider_id)
        return await self._client(opened, address, key)

    def _open_provider(self, provider_id: str, provider: Provider) -> _OpenProvider:
        opened = self._open.get(provider_id)
        if opened is None or (opened.provider is not provider and opened.provider != provider):
            rate_limiter = RateLimiter(provider_id, _limits(provider), self._clock, self._share, self._policy(provider))
            opened = self._open[provider_id] = _OpenProvider(
                provider_id=provider_id, provider=provider, rate_limiter=rate_limiter
            )
        return opened

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
            for client in opened.clients.values():
                await client.close()

    async def _connect(self, opened: _OpenProvider, provider_id: str, model: str) -> Model:
        if opened.provider.kind in HOSTED:
            of_kind = LocalModel if opened.provider.kind is ProviderKind.EMBEDDED else TransformersModel
            return of_kind(model, self._rpc, partial(self._open_hosted, opened), self._host_wait_seconds)
        address, key = self._address(opened.provider, provider_id), self._key(opened.provider, provider_id)
        return (await self._client(opened, address, key)).model(model)

    async def _open_hosted(self, opened: _OpenProvider, endpoint: ModelEndpoint) -> Model:
        return (await self._client(opened, endpoint.base_url, NO_KEY)).model(endpoint.model)

    async def _client(self, opened: _OpenProvider, address: str | None, key: str) -> ProviderClient:
        client = opened.clients.get(address or "")
        if client is None:
            connection = Connection(
                base_url=address,
                api_key=key,
                connections=opened.provider.concurrency,
                reuse=opened.provider.kind is not ProviderKind.EMBEDDED,  # llama.cpp closes after a streamed reply
                read_timeout_seconds=self._read_timeout_seconds,
                options=opened.provider.options,
                attempts_of=partial(self._attempts_of, opened.provider_id),
            )
            client = opened.clients[address or ""] = await open_client(opened.provider.kind, connection)
        return client

    async def _attempts_of(self, provider_id: str, model: str) -> int | None:
        try:
            return (await self._rpc.request(GetModelUse(model=f"{provider_id}/{model}"))).attempts
        except (BusError, ProblemError):
            return None

    def _address(self, provider: Provider, provider_id: str) -> str | None:
        """None: the one that the provider's SDK knows."""
        address = self._environment.get(provider.base_url_env or "", "").strip() or provider.base_url
        if not address and provider.kind in NEEDS_ADDRESS:
            raise CallMisconfigured(
                f"provider {provider_id!r} has no address: set {provider.base_url_env} in the runner's environment"
            )
        if address and (mistake := address_mistake(address)):
            raise CallMisconfigured(f"the address of provider {provider_id!r} {mistake}")
        return address or None

    def _key(self, provider: Provider, provider_id: str) -> str:
        if provider.api_key_env is None:
            return NO_KEY
        try:
            key = read_secret(provider.api_key_env, self._environment)
        except SecretUnreadable as error:
            raise AuthenticationFailed(f"provider {provider_id!r} has no key: {error}") from error
        if not key:
            variable = sources_of(provider.api_key_env, self._environment)
            raise AuthenticationFailed(
                f"provider {provider_id!r} has no key: set {variable} in the runner's environment"
            )
        return key


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
