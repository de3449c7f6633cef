"""Keys of providers over HTTP: they go in, and nothing of them comes out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.contracts.codec import encode
from assay.contracts.rpc import (
    CheckModels,
    ListOfferedModels,
    ModelProbe,
    ModelProblems,
    OfferedModels,
    TestModel,
)
from tests.gateway.harness import Gateway
from tests.gateway.test_gateway_providers import URL, add

SECRET = "sk-canary-0123456789"


async def put(gateway: Gateway, key: Any = SECRET, name: str = "mine", revision: int = 1) -> Any:
    return await gateway.http.put(f"{URL}/{name}/key", json={"key": key, "revision": revision})


async def test_a_key_is_stored_shown_as_set_and_removed(gateway: Gateway) -> None:
    await add(gateway, stored_key=True)
    response = await put(gateway, f" {SECRET}\n")
    assert (response.status_code, response.json()["revision"]) == (200, 1)
    assert gateway.ledger.providers.keys == {"mine": SECRET}
    listed = await gateway.http.get(URL)
    found = {each["provider_id"]: each["key"] for each in listed.json()}
    assert found["local"] is None
    assert found["mine"].keys() == {"revision", "changed_at", "last_used_at"}
    assert SECRET not in response.text + listed.text
    assert (await gateway.http.delete(f"{URL}/mine/key")).status_code == 204
    again = await gateway.http.delete(f"{URL}/mine/key")
    assert (again.status_code, again.json()["code"]) == (404, "no_stored_key")


async def test_it_crosses_the_bus_sealed(gateway: Gateway) -> None:
    await add(gateway, stored_key=True)
    await put(gateway)
    (request,) = gateway.ledger.providers.puts
    assert SECRET.encode() not in encode(request)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"key": ""}, "1 to 8000"),
        ({"key": f"{SECRET}{'x' * 8000}"}, "1 to 8000"),
        ({"key": f"{SECRET} and more"}, "printable ASCII"),
        ({"key": f"{SECRET}\u00e9"}, "printable ASCII"),
        ({"key": f"{SECRET}\nx: y"}, "printable ASCII"),
        ({"key": [SECRET]}, "string"),
        ({"key": {"a": SECRET}}, "string"),
        ({"keys": SECRET}, "keys"),
        ({}, "required"),
    ],
)
async def test_a_wrong_key_is_refused_without_repeating_it(gateway: Gateway, body: dict[str, Any], text: str) -> None:
    await add(gateway, stored_key=True)
    response = await gateway.http.put(f"{URL}/mine/key", json=body)
    assert response.status_code == 422
    assert text in response.text
    assert SECRET not in response.text
    assert gateway.ledger.providers.keys == {}


async def test_a_body_that_is_no_json_is_not_repeated(gateway: Gateway) -> None:
    await add(gateway, stored_key=True)
    headers = {"content-type": "application/json"}
    response = await gateway.http.put(f"{URL}/mine/key", content=f'{{"key": "{SECRET}', headers=headers)
    assert response.status_code == 400
    assert SECRET not in response.text


async def test_a_provider_without_a_key_gets_none(gateway: Gateway) -> None:
    await add(gateway)
    response = await put(gateway)
    assert response.status_code == 422
    assert "stored_key" in response.text
    unknown = await put(gateway, name="mien")
    assert (unknown.status_code, unknown.json()["errors"][0]["near"]) == (404, "mine")


async def test_a_ledger_without_a_master_key_is_explained(gateway: Gateway) -> None:
    gateway.ledger.providers.recipient = None
    await add(gateway, stored_key=True)
    response = await put(gateway)
    assert (response.status_code, response.json()["code"]) == (503, "keys_unavailable")
    assert "ASSAY_MASTER_KEY" in response.json()["detail"]


async def test_questions_to_runners_carry_the_permit(gateway: Gateway) -> None:
    asked: list[Any] = []

    async def on_test(request: TestModel) -> ModelProbe:
        asked.append(request.key_permit)
        return ModelProbe(model=request.model, ok=True)

    async def on_list(request: ListOfferedModels) -> OfferedModels:
        asked.append(request.key_permit)
        return OfferedModels(provider_id=request.provider_id, fetched_at=datetime.now(UTC))

    async def on_check(request: CheckModels) -> ModelProblems:
        asked.append(request.stored_keys)
        return ModelProblems()

    await gateway.bus.rpc.serve("runner", {TestModel: on_test, ListOfferedModels: on_list, CheckModels: on_check})
    await add(gateway, stored_key=True, local=True)
    await put(gateway)
    await gateway.http.post("/api/v1/models/test", json={"model": "mine/small"})
    await gateway.http.get(f"{URL}/mine/models")
    await gateway.http.post("/api/v1/models/test", json={"model": "local/tiny"})
    await gateway.http.post("/api/v1/runs/quote", json={"models": ["mine/small"], "tasks": ["riddle"]})
    assert asked == ["permit for mine", "permit for mine", "", ("mine",)]
