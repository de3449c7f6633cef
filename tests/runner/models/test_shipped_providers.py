"""The providers in the shipped ``models.yaml``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assay.bus.memory import MemoryBus
from assay.catalog import Catalog
from assay.catalog.models import BASELINES
from assay.contracts.models import SCRIPTED, CallFault
from assay.contracts.providers import HOSTED
from services.runner.errors import CallFailed
from services.runner.models.registry import ModelRegistry

CATALOG = Catalog.open(Path(__file__).parents[3] / "catalog")
PROVIDERS = {
    name: provider for name, provider in CATALOG.registry().providers.items() if name not in (*BASELINES, SCRIPTED)
}
LISTED = [f"{name}/{model.name}" for name, provider in PROVIDERS.items() for model in provider.models]
KEYED = [name for name, provider in PROVIDERS.items() if provider.api_key_env]


@asynccontextmanager
async def open_models(environment: dict[str, str]) -> AsyncGenerator[ModelRegistry]:
    bus = MemoryBus()
    models = ModelRegistry(CATALOG, bus.rpc, environment)
    try:
        yield models
    finally:
        await models.close()
        await bus.close()


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_model_has_a_price(name: str) -> None:
    price = CATALOG.price(name)
    assert price is not None
    assert price.free is price.local


@pytest.mark.parametrize("name", KEYED)
async def test_a_provider_without_its_key_fails_only_when_it_is_called(name: str) -> None:
    provider = PROVIDERS[name]
    async with open_models({provider.base_url_env: "http://127.0.0.1:9"} if provider.base_url_env else {}) as models:
        with pytest.raises(CallFailed, match=f"provider '{name}' has no key: set .*{provider.api_key_env}") as raised:
            await models.open(f"{name}/a-model", "", "")
        assert await models.open("local/smollm2-135m", "", ""), "other providers still work"
    assert raised.value.fault is CallFault.AUTHENTICATION


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_provider_with_its_variables_opens(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = PROVIDERS[name]
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-project")
    environment = {provider.api_key_env or "NO_KEY": "sk-0123456789"}
    if provider.base_url is None and provider.base_url_env:
        environment[provider.base_url_env] = "http://127.0.0.1:9/v1"
    async with open_models(environment) as models:
        handle = await models.open(f"{name}/a-model" if provider.any_model else LISTED[0], "", "")
    assert handle.rate_limiter


def test_providers_on_this_machine_are_free_and_others_are_not() -> None:
    free = {name for name, provider in PROVIDERS.items() if provider.local or provider.kind in HOSTED}
    assert free == {"local", "ollama", "vllm", "lmstudio", "transformers", "loopback"}
