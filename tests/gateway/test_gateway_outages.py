"""While the bus or the ledger is unavailable, requests are answered quickly and say when to retry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.harness import Gateway

RUN = {"models": ["nop"], "suite": "small"}
REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/api/v1/runs", None),
    ("POST", "/api/v1/runs", RUN),
    ("GET", "/api/v1/leaderboard", None),
    ("GET", "/api/v1/runs/x/facts", None),
    ("GET", "/api/v1/runs/x/causes", None),
    ("GET", "/api/v1/attempts/x-1", None),
    ("POST", "/api/v1/runs/x/cancel", None),
    ("POST", "/api/v1/models/test", {"model": "nop"}),
]


async def test_requests_get_503_while_the_ledger_is_unavailable(gateway: Gateway) -> None:
    gateway.bus.link.cut()
    for method, path, body in REQUESTS:
        response = await gateway.http.request(method, path, json=body)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable"), path
        assert int(response.headers["retry-after"]) >= 1
    gateway.bus.link.restore()
    assert (await gateway.http.get("/api/v1/runs")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/suites", "/api/v1/models", "/docs"])
async def test_the_catalogue_and_docs_work_without_the_ledger(gateway: Gateway, path: str) -> None:
    gateway.bus.link.cut()
    assert (await gateway.http.get(path)).status_code == 200


async def test_an_unbuilt_dashboard_says_how_to_build_it(gateway: Gateway) -> None:
    response = await gateway.http.get("/")
    assert response.status_code == 503
    assert "make setup" in response.text


async def test_clients_are_notified_of_an_outage_and_catch_up(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        await live.subscribe("runs")
        await live.next("snapshot")
        await live.next("snapshot")
        gateway.bus.link.cut()
        frame = await live.next("degraded")
        assert frame["degraded"] is True
        assert frame["reason"]
        gateway.ledger.drops = lambda event: True
        await gateway.ledger.start(run_id)
        await gateway.ledger.finish(run_id)
        gateway.bus.link.restore()
        assert (await live.next("degraded"))["degraded"] is False
        facts = [await live.next("fact") for _ in range(2)]
        assert [(fact["topic"], fact["cursor"]) for fact in facts] == [(f"run:{run_id}", 2), (f"run:{run_id}", 3)]
        snapshot = await live.next("snapshot")
        assert (snapshot["topic"], snapshot["data"]["runs"][0]["status"]) == ("runs", "finished")


async def test_a_subscription_during_a_ledger_outage_is_answered_afterwards(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    gateway.bus.link.cut()
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        assert (await live.next())["degraded"] is True
        gateway.bus.link.restore()
        kinds = {(await live.next("snapshot", "degraded"))["type"] for _ in range(2)}
        assert kinds == {"snapshot", "degraded"}


async def test_a_subscription_during_a_database_outage_is_answered_afterwards(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    gateway.ledger.database_down = True
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        assert (await live.next())["degraded"] is True
        gateway.ledger.database_down = False
        kinds = {(await live.next("snapshot", "degraded"))["type"] for _ in range(2)}
        assert kinds == {"snapshot", "degraded"}


async def test_a_gap_is_filled_after_a_database_outage(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        await live.next("snapshot")
        gateway.ledger.database_down = True
        gateway.ledger.drops = lambda event: True
        await gateway.ledger.start(run_id)
        gateway.ledger.drops = lambda event: False
        await gateway.ledger.finish(run_id)
        assert (await live.next("degraded", "fact"))["type"] == "degraded"
        gateway.ledger.database_down = False
        facts = [await live.next("fact") for _ in range(2)]
        assert [fact["cursor"] for fact in facts] == [2, 3]
