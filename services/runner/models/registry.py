"""Where a try gets its model: opened once per provider, shared by all tries, with the provider's free places."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from assay.catalog import Catalog, CatalogError, Provider, ProviderKind, Script
from assay.contracts.models import ModelName
from assay.contracts.replay import REPLAY, Responses
from assay.contracts.rpc import ModelEndpoint
from services.runner.errors import CallMisconfigured
from services.runner.models.local import PATIENCE_SECONDS, LocalModel, RpcPort
from services.runner.models.protocol import SILENCE_SECONDS, Model
from services.runner.models.scripted import ScriptedModel
from services.runner.rate_limiter import Allowance, Clock, Pace

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NO_KEY = "none"
"""Sent to endpoints that take no key; the SDK wants one."""
_SDK = "services.runner.models.openai"
"""Takes 0.5 s to load, seconds on a busy machine: not for a baseline, and in a thread, or leases would run out."""
_RECHECK_SECONDS = 1.0
_ANY_NUMBER = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model, and the pace at which its provider is asked."""

    model: Model
    pace: Pace


@dataclass(kw_only=True)
class _Opened:
    """A provider as it was when it was opened; it is opened anew when the catalogue says something else of it."""

    provider: Provider
    pace: Pace
    models: dict[str, Model] = field(default_factory=dict[str, Model])
    clients: dict[str, AsyncOpenAI] = field(default_factory=dict[str, "AsyncOpenAI"])


class Shelf:
    """Every model the catalogue knows. Keys are read from the environment, handed to the client, and kept nowhere."""

    def __init__(
        self,
        catalog: Catalog,
        rpc: RpcPort,
        environment: Mapping[str, str] = os.environ,
        silence_seconds: float = SILENCE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._catalog, self._rpc, self._environment = catalog, rpc, environment
        self._silence_seconds, self._patience_seconds = silence_seconds, patience_seconds
        self._clock, self._share = clock, 1.0
        self._at_once = Pace("scripted", Allowance(concurrency=_ANY_NUMBER, sure=True), clock)
        self._opened: dict[str, _Opened] = {}
        self._seen: dict[str, tuple[float, Provider]] = {}

    async def open(self, name: ModelName, task_id: str, sample_id: str) -> Served:
        """The model to ask about that sample. Raises CallMisconfigured for what cannot be asked."""
        provider_id, _, model = name.partition("/")
        try:
            provider = self._provider(name, provider_id)
            if provider.kind is ProviderKind.BUILTIN:
                script = ScriptedModel(self._catalog.script(name), task_id, sample_id)
                return Served(model=script, pace=self._at_once)
        except CatalogError as error:
            raise CallMisconfigured(f"this runner's catalogue does not have {name!r}: {error}") from error
        opened = self._opened.get(provider_id)
        if opened is None or (opened.provider is not provider and opened.provider != provider):
            pace = Pace(provider_id, _allowance(provider), self._clock, self._share)
            opened = self._opened[provider_id] = _Opened(provider=provider, pace=pace)
        if model not in opened.models:
            opened.models[model] = await self._connect(opened, provider_id, model)
        return Served(model=opened.models[model], pace=opened.pace)

    def hear_share(self, share: float) -> None:
        """This runner's part of what providers allow all runners together, from now on."""
        if share != self._share:
            self._share = share
            for opened in self._opened.values():
                opened.pace.share(share)

    def _provider(self, name: ModelName, provider_id: str) -> Provider:
        """As the catalogue had it a second ago at most: hundreds of tries ask for the same in that time."""
        seen = self._seen.get(provider_id)
        now = time.monotonic()
        if seen is None or now - seen[0] > _RECHECK_SECONDS:
            seen = self._seen[provider_id] = (now, self._catalog.provider(name))
        return seen[1]

    async def close(self) -> None:
        """Every connection to every provider."""
        for opened in self._opened.values():
            for client in opened.clients.values():
                await client.close()

    async def _connect(self, opened: _Opened, provider_id: str, model: str) -> Model:
        if opened.provider.kind is ProviderKind.EMBEDDED:
            connect = partial(self._local, opened)
            return LocalModel(model, self._rpc, connect, self._patience_seconds)
        address, key = self._address(opened.provider, provider_id), self._key(opened.provider, provider_id)
        return await self._at(opened, address, key, model)

    async def _local(self, opened: _Opened, endpoint: ModelEndpoint) -> Model:
        return await self._at(opened, endpoint.base_url, NO_KEY, endpoint.model)

    async def _at(self, opened: _Opened, address: str, key: str, model: str) -> Model:
        await asyncio.to_thread(import_module, _SDK)
        from services.runner.models.openai import OpenAIModel, open_client

        if address not in opened.clients:
            opened.clients[address] = open_client(address, key, opened.provider.concurrency, self._silence_seconds)
        return OpenAIModel(opened.clients[address], model)

    def _address(self, provider: Provider, provider_id: str) -> str:
        told = self._environment.get(provider.base_url_env or "", "").strip()
        if not told and not provider.base_url:
            raise CallMisconfigured(
                f"provider {provider_id!r} has no address: set {provider.base_url_env} in the runner's environment"
            )
        return told or provider.base_url or ""

    def _key(self, provider: Provider, provider_id: str) -> str:
        if provider.api_key_env is None:
            return NO_KEY
        key = self._environment.get(provider.api_key_env, "").strip()
        if not key:
            raise CallMisconfigured(
                f"provider {provider_id!r} has no key: set {provider.api_key_env} in the runner's environment"
            )
        return key


def replayed(name: ModelName, responses: Responses, task_id: str, sample_id: str) -> Served:
    """The model that is a run's stored responses."""
    script = Script(title=name, default=responses.default, responses=dict(responses.responses))
    pace = Pace(REPLAY, Allowance(concurrency=_ANY_NUMBER, sure=True))
    return Served(model=ScriptedModel(script, task_id, sample_id), pace=pace)


def _allowance(provider: Provider) -> Allowance:
    """What runs here does not have to be found out about."""
    return Allowance(
        concurrency=provider.concurrency,
        requests_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
        sure=provider.local or provider.kind is ProviderKind.EMBEDDED,
    )
