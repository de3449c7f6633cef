"""Model providers over HTTP: those of the file, and those that are added."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.contracts.providers import ProviderKind
from assay.contracts.rpc import (
    ListOfferedModels,
    ModelProbe,
    OfferedModel,
    OfferedModels,
    PullModel,
    PullProgress,
    TestModel,
)
from tests.gateway.harness import Gateway

URL = "/api/v1/providers"
MINE: dict[str, Any] = {
    "kind": "openai",
    "title": "Mine",
    "base_url": "https://models.example.org/v1",
    "models": [{"name": "small", "parameters": {"temperature": 0}}],
}
PRICE = {"input_usd_per_mtok": "0.5", "output_usd_per_mtok": "2"}


async def add(gateway: Gateway, name: str = "mine", **changes: Any) -> Any:
    revision = changes.pop("revision", 0)
    return await gateway.http.put(f"{URL}/{name}", json={"provider": MINE | changes, "revision": revision})


async def model(gateway: Gateway, name: str) -> dict[str, Any]:
    models = (await gateway.http.get("/api/v1/models")).json()
    return next(model for model in models if model["name"] == name)


async def test_an_added_provider_is_listed_after_those_of_the_file(gateway: Gateway) -> None:
    response = await add(gateway, local=True)
    assert (response.status_code, response.json()["revision"]) == (200, 1)
    listed = (await gateway.http.get(URL)).json()
    assert [(each["provider_id"], each["origin"]) for each in listed] == [
        ("local", "file"),
        ("paid", "file"),
        ("mine", "database"),
    ]
    small, big = await model(gateway, "mine/small"), await model(gateway, "paid/big")
    assert (small["origin"], small["kind"], small["price"]["local"]) == ("database", "local", True)
    assert (small["parameters"]["temperature"], big["origin"]) == (0, "file")


async def test_the_price_of_a_model_can_be_stored_with_it(gateway: Gateway) -> None:
    await add(gateway)
    assert (await model(gateway, "mine/small"))["price"] is None
    await add(gateway, models=[{"name": "small", "price": PRICE}], revision=1)
    price = (await model(gateway, "mine/small"))["price"]
    assert (price["version"], price["input_nanousd_per_mtok"]) == ("registry", 500_000_000)


async def test_a_run_pins_a_model_of_an_added_provider(gateway: Gateway) -> None:
    await add(gateway, local=True, concurrency=3)
    body = {"models": ["mine/small", "local/tiny"], "tasks": ["riddle"]}
    assert (await gateway.http.post("/api/v1/runs", json=body)).status_code == 201
    pins = {pin.model.name: pin for pin in gateway.ledger.submitted[-1].plan.models}
    assert (pins["mine/small"].registered, pins["mine/small"].provider_concurrency) == (True, 3)
    assert pins["mine/small"].model.parameters.temperature == 0
    assert not pins["local/tiny"].registered
    body["models"] = ["mine/smal"]
    refused = (await gateway.http.post("/api/v1/runs", json=body)).json()
    assert refused["errors"][0]["near"] == "mine/small"


@pytest.mark.parametrize(
    ("name", "changes", "where", "text"),
    [
        ("mine", {"base_url": None}, "provider.base_url", "is missing"),
        ("mine", {"models": []}, "provider.models", "is missing"),
        ("mine", {"models": [{"name": "a"}, {"name": "a"}]}, "provider.models[1].name", "listed twice"),
        ("mine", {"kind": "builtin"}, "provider.kind", "reserved"),
        ("oracle", {}, "provider", "built in"),
        ("mine", {"base_url": "ftp://x"}, "provider.base_url", "http://"),
        ("mine", {"models": [{"name": "a", "price": PRICE | {"input_usd_per_mtok": "9999999"}}]}, "price", "between"),
        ("mine", {"options": {"region": "eu"}}, "provider.options.region", "options.cloud"),
        ("mine", {"api_key_env": "OPENAI_API_KEY"}, "provider.api_key_env", "MODEL_KEY_"),
        ("mine", {"base_url_env": "ASSAY_DATABASE_URL"}, "provider.base_url_env", "set base_url"),
        ("mine", {"kind": "azure", "options": {"entra": True}}, "provider.options", "models.yaml"),
        ("mine", {"base_url": "http://[::1"}, "provider.base_url", "not an address"),
        ("mine", {"base_url": "http://me:key@10.0.0.1/v1"}, "provider.base_url", "user name or a key"),
        ("m%20ine", {}, "provider_id", "letters"),
    ],
)
async def test_a_wrong_provider_is_refused_with_the_field(
    gateway: Gateway, name: str, changes: dict[str, Any], where: str, text: str
) -> None:
    response = await add(gateway, name, **changes)
    error = response.json()["errors"][0]
    assert response.status_code == 422
    assert where in error["where"] and text in error["message"]
    assert gateway.ledger.providers.stored == {}


async def test_a_provider_of_the_file_cannot_be_changed(gateway: Gateway) -> None:
    response = await add(gateway, "paid")
    assert (response.status_code, response.json()["code"]) == (409, "provider_read_only")


async def test_a_change_of_an_outdated_revision_is_refused(gateway: Gateway) -> None:
    await add(gateway)
    response = await add(gateway, title="Theirs")
    assert (response.status_code, response.json()["code"]) == (409, "provider_changed")


async def test_a_removed_provider_is_gone(gateway: Gateway) -> None:
    await add(gateway)
    assert (await gateway.http.delete(f"{URL}/mine")).status_code == 204
    assert (await gateway.http.delete(f"{URL}/mine")).status_code == 404
    assert "mine" not in [each["provider_id"] for each in (await gateway.http.get(URL)).json()]


async def test_a_runner_lists_the_models_of_a_provider(gateway: Gateway) -> None:
    asked: list[ListOfferedModels] = []

    async def answer(request: ListOfferedModels) -> OfferedModels:
        asked.append(request)
        offered = (OfferedModel(name="small", detail="8B"),)
        return OfferedModels(provider_id=request.provider_id, models=offered, fetched_at=datetime.now(UTC))

    await gateway.bus.rpc.serve("runner", {ListOfferedModels: answer})
    await add(gateway)
    assert (await gateway.http.get(f"{URL}/mine/models")).json()["models"] == [{"name": "small", "detail": "8B"}]
    assert (await gateway.http.get(f"{URL}/paid/models")).status_code == 200
    assert [request.provider and request.provider.title for request in asked] == ["Mine", None]
    unknown = await gateway.http.get(f"{URL}/mien/models")
    assert (unknown.status_code, unknown.json()["errors"][0]["near"]) == (404, "mine")


async def test_a_test_uses_the_defaults_the_provider_and_the_price_of_a_model(gateway: Gateway) -> None:
    asked: list[TestModel] = []

    async def answer(request: TestModel) -> ModelProbe:
        asked.append(request)
        return ModelProbe(model=request.model, ok=True)

    await gateway.bus.rpc.serve("runner", {TestModel: answer})
    await add(gateway, models=[{"name": "small", "parameters": {"temperature": 0, "seed": 1}, "price": PRICE}])
    body = {"model": "mine/small", "parameters": {"temperature": 1}}
    assert (await gateway.http.post("/api/v1/models/test", json=body)).status_code == 200
    (request,) = asked
    assert (request.parameters.temperature, request.parameters.seed) == (1, 1)
    assert request.provider and request.provider.title == "Mine"
    assert request.price and request.price.version == "registry"


async def test_a_runner_is_asked_to_download_a_model(gateway: Gateway) -> None:
    asked: list[PullModel] = []

    async def answer(request: PullModel) -> PullProgress:
        asked.append(request)
        return PullProgress(model=request.model, status="pulling manifest", completed_bytes=5, total_bytes=20)

    await gateway.bus.rpc.serve("runner", {PullModel: answer})
    await add(gateway, kind="ollama", any_model=True)
    url = "/api/v1/models/pull"
    progress = (await gateway.http.post(url, json={"model": "mine/llama3.2", "restart": True})).json()
    assert (progress["completed_bytes"], progress["total_bytes"], progress["done"]) == (5, 20, False)
    assert [(each.model, each.restart) for each in asked] == [("mine/llama3.2", True)]
    assert asked[0].provider and asked[0].provider.kind is ProviderKind.OLLAMA
    refused = await gateway.http.post(url, json={"model": "paid/big"})
    assert refused.status_code == 422
    assert "only kind 'ollama' can" in refused.json()["errors"][0]["message"]
    assert (await gateway.http.post(url, json={"model": "mien/llama3.2"})).status_code == 404
    assert len(asked) == 1
