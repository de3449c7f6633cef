"""Money over HTTP: a run's own prices, limits, costs, and recosting at other prices."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.models import Usage
from assay.contracts.rpc import CostBy, SetMoneyLimits
from tests.gateway.harness import Gateway

REQUEST: dict[str, Any] = {"models": ["nop", "paid/dear"], "suite": "small"}
PRICE = {"input_usd_per_mtok": "3", "output_usd_per_mtok": "15", "reasoning_usd_per_mtok": "20"}


async def test_a_run_can_set_the_price_of_an_unpriced_model(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/v1/runs", json={**REQUEST, "prices": {"paid/dear": PRICE}})
    assert response.status_code == 201
    price = gateway.ledger.submitted[0].plan.models[1].price
    assert price is not None
    assert (price.version, price.local) == ("run", False)
    assert price.cost(input_tokens=1_000_000, output_tokens=2_000_000, reasoning_tokens=1_000_000) == 38_000_000_000


async def test_a_runs_own_price_overrides_the_price_tables(gateway: Gateway) -> None:
    body = {"models": ["paid/big", "local/tiny"], "suite": "small", "prices": {"paid/big": PRICE, "local/tiny": PRICE}}
    await gateway.http.post("/api/v1/runs", json=body)
    assert [pin.price and pin.price.version for pin in gateway.ledger.submitted[0].plan.models] == ["run", "run"]


@pytest.mark.parametrize(
    ("prices", "code", "where", "near"),
    [
        ({"paid/deer": PRICE}, "unused_price", "prices.paid/deer", "paid/dear"),
        ({"nop": PRICE}, "unused_price", "prices.nop", None),
        (
            {"paid/dear": {**PRICE, "input_usd_per_mtok": "9" * 30}},
            "invalid_price",
            "prices.paid/dear.input_usd_per_mtok",
            None,
        ),
    ],
)
async def test_implausible_prices_are_rejected(
    gateway: Gateway, prices: Any, code: str, where: str, near: str | None
) -> None:
    body = {**REQUEST, "prices": {"paid/dear": PRICE, **prices}}
    problem = (await gateway.http.post("/api/v1/runs", json=body)).json()
    assert (problem["status"], problem["code"]) == (422, code), problem
    assert [(error["where"], error["near"]) for error in problem["errors"]] == [(where, near)]
    assert not gateway.ledger.submitted


async def test_an_implausible_limit_is_rejected(gateway: Gateway) -> None:
    problem = (await gateway.http.post("/api/v1/runs", json={**REQUEST, "limits": {"cost_usd": "9" * 30}})).json()
    assert (problem["status"], [error["where"] for error in problem["errors"]]) == (422, ["limits.cost_usd"])


async def test_accounts_are_returned(gateway: Gateway) -> None:
    money = (await gateway.http.get("/api/v1/money")).json()
    assert [(account["kind"], account["limit_usd"], account["left_usd"]) for account in money["accounts"]] == [
        ("day", "20", "18"),
        ("project", None, None),
    ]


async def test_limits_are_set(gateway: Gateway) -> None:
    body = {"day_usd": None, "project_usd": "100", "time_zone": "Europe/Berlin"}
    money = (await gateway.http.put("/api/v1/money/limits", json=body)).json()
    assert money["time_zone"] == "Europe/Berlin"
    assert gateway.ledger.money.limits == SetMoneyLimits(day_usd=None, project_usd="100", time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("change", "where", "near"),
    [
        ({"time_zone": "Europe/Berln"}, "time_zone", "Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", None),
        ({"day_usd": "9" * 30}, "day_usd", None),
        ({"day_usd": 20}, "day_usd", None),
        ({"dai_usd": "1"}, "dai_usd", "day_usd"),
    ],
)
async def test_invalid_limits_are_rejected(
    gateway: Gateway, change: dict[str, Any], where: str, near: str | None
) -> None:
    before = gateway.ledger.money.limits
    body = {"day_usd": "20", "project_usd": None, "time_zone": "UTC", **change}
    response = await gateway.http.put("/api/v1/money/limits", json=body)
    assert response.status_code == 422
    assert [(error["where"], error["near"]) for error in response.json()["errors"]] == [(where, near)]
    assert gateway.ledger.money.limits == before


async def test_limits_must_be_complete(gateway: Gateway) -> None:
    response = await gateway.http.put("/api/v1/money/limits", json={"day_usd": "20"})
    assert (response.status_code, gateway.ledger.money.limits.day_usd) == (422, "20")


async def test_costs_are_grouped(gateway: Gateway) -> None:
    gateway.ledger.money.calls = {"paid/big": (Usage(input_tokens=1_000_000), "1")}
    costs = (await gateway.http.get("/api/v1/costs?run_id=abc&since=2025-01-01&until=2025-01-31")).json()
    assert [(row["label"], row["cost_usd"], row["recosted_usd"]) for row in costs["rows"]] == [("paid/big", "1", None)]
    assert (costs["total"]["cost_usd"], costs["since"], costs["until"]) == ("1", "2025-01-01", "2025-01-31")
    query = gateway.ledger.money.requests[0]
    assert (query.by, query.run_id, query.prices) == (CostBy.MODEL, "abc", {})
    await gateway.http.get("/api/v1/costs?by=day&limit=7&cursor=3")
    query = gateway.ledger.money.requests[1]
    assert (query.by, query.limit, query.cursor) == (CostBy.DAY, 7, "3")


async def test_costs_at_the_prices_of_a_day_or_version(gateway: Gateway) -> None:
    table = gateway.ports.catalog
    gateway.ledger.money.calls = {
        "paid/big": (Usage(input_tokens=1_000_000), "7"),
        "paid/dear": (Usage(input_tokens=1_000_000), "7"),
    }
    for when in ("2025-06-01", "prices.yaml/2025-01-01"):
        costs = (await gateway.http.get(f"/api/v1/costs?as_of_prices={when}")).json()
        assert {row["label"]: row["recosted_usd"] for row in costs["rows"]} == {"paid/big": "1", "paid/dear": None}
    assert set(gateway.ledger.money.requests[-1].prices) == {"paid/big"}
    before = await gateway.http.get("/api/v1/costs?as_of_prices=2024-12-31")
    assert before.json()["rows"][0]["recosted_usd"] is None
    assert (await table.prices("2024-12-31", ["paid/big"]))[0].price is None
    alone = (await gateway.http.get("/api/v1/costs?as_of_prices=genai-prices")).json()
    assert [row["recosted_usd"] for row in alone["rows"]] == [None, None]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("as_of_prices=yesterday", "as_of_prices"),
        ("as_of_prices=genai-prices/0.0.0", "as_of_prices"),
        ("since=2025-02-01&until=2025-01-01", "since"),
        ("since=soon", "since"),
        ("by=week", "by"),
        ("run_id=A%20B", "run_id"),
    ],
)
async def test_invalid_cost_queries_are_rejected(gateway: Gateway, query: str, where: str) -> None:
    response = await gateway.http.get(f"/api/v1/costs?{query}")
    assert response.status_code == 422
    assert [error["where"] for error in response.json()["errors"]] == [where]


async def test_prices_are_listed(gateway: Gateway) -> None:
    prices = {price["model"]: price for price in (await gateway.http.get("/api/v1/prices")).json()}
    assert prices["paid/big"]["price"]["version"] == "prices.yaml/2025-01-01"
    assert prices["local/tiny"]["price"]["local"] is True
    assert (prices["nop"]["price"], prices["nop"]["reason"]) == (None, "")
    assert prices["paid/dear"]["price"] is None
    assert "prices.yaml" in prices["paid/dear"]["reason"]
    (old,) = (await gateway.http.get("/api/v1/prices?model=paid/big&day=2024-12-31")).json()
    assert (old["model"], old["price"]) == ("paid/big", None)
