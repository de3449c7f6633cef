"""Providers of the scripted gateway, and answers about their models. Nothing is stored."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar import Response, get, post

from assay.contracts.models import CallFault, ModelName, Origin, Usage
from assay.contracts.money import Price, TokenPrice
from assay.contracts.providers import ModelEntry, Provider, ProviderKind, ProviderView, StoredKey
from assay.contracts.rpc import ModelProbe, OfferedModel, OfferedModels
from tests.web.scripted_gateway.catalog import MODELS
from tests.web.scripted_gateway.http import AnyRequest, decode_body, respond

HOSTILE = "<img src=x onerror=window.pwned=1>\u202e"
_AT = datetime(2025, 11, 21, tzinfo=UTC)

PROVIDERS = (
    ProviderView(
        provider_id="openai",
        origin=Origin.FILE,
        provider=Provider(
            kind=ProviderKind.OPENAI,
            title="OpenAI",
            base_url="https://api.openai.com/v1",
            api_key_env="OPENAI_API_KEY",
            any_model=True,
            models=(ModelEntry(name="gpt-4o-mini"),),
        ),
    ),
    ProviderView(
        provider_id="local", origin=Origin.FILE, provider=Provider(kind=ProviderKind.EMBEDDED, title="On this machine")
    ),
    ProviderView(
        provider_id="mine",
        origin=Origin.DATABASE,
        revision=2,
        changed_at=_AT,
        key=StoredKey(revision=1, changed_at=_AT, last_used_at=_AT),
        provider=Provider(
            kind=ProviderKind.AZURE,
            title=f"Mine {HOSTILE}",
            base_url="https://mine.openai.azure.com",
            stored_key=True,
            requests_per_minute=60,
            models=(
                ModelEntry(
                    name="small",
                    title=f"Small {HOSTILE}",
                    price=TokenPrice(input_usd_per_mtok="1", output_usd_per_mtok="2"),
                ),
            ),
        ),
    ),
    ProviderView(
        provider_id="openai",
        origin=Origin.DATABASE,
        revision=1,
        changed_at=_AT,
        hidden=True,
        provider=Provider(kind=ProviderKind.OPENAI, title="Hidden", base_url="http://127.0.0.1:9/v1", any_model=True),
    ),
)


class TestRequest(msgspec.Struct):
    __test__ = False
    model: ModelName


@get("/api/v1/providers", sync_to_thread=False)
def list_providers() -> Response[bytes]:
    return respond(PROVIDERS)


@get("/api/v1/providers/{provider_id:str}/models", sync_to_thread=False)
def list_offered_models(request: AnyRequest) -> Response[bytes]:
    """``local`` cannot be asked."""
    provider_id = str(request.path_params["provider_id"])
    now = datetime.now(UTC)
    if provider_id == "local":
        return respond(OfferedModels(provider_id=provider_id, reason=f"no answer: {HOSTILE}", fetched_at=now))
    models = (OfferedModel(name="small"), OfferedModel(name="large", detail=f"70B {HOSTILE}"))
    return respond(OfferedModels(provider_id=provider_id, models=models, fetched_at=now))


@post("/api/v1/models/test", status_code=200)
async def test_model(request: AnyRequest) -> Response[bytes]:
    """Hosted models have no key; the others answer."""
    name = (await decode_body(request, TestRequest)).model
    price = next((model.price for model in MODELS if model.name == name), None)
    if price is None or not price.local:
        fault = CallFault.AUTHENTICATION
        return respond(ModelProbe(model=name, ok=False, fault=fault, message=f"no key {HOSTILE}"))
    return respond(
        ModelProbe(
            model=name,
            ok=True,
            message=f"Awesome {HOSTILE}",
            latency_seconds=1.25,
            first_token_seconds=0.5,
            tokens_per_second=51.64,
            usage=Usage(input_tokens=37, output_tokens=13),
            served_model="smollm2",
            price=Price(version="local", local=True),
        )
    )


PROVIDER_ROUTES = (list_providers, list_offered_models, test_model)
