"""When the bus, the ledger or the dashboard is away, every question is answered soon, and with when to ask again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.harness import Gateway

RUN = {"models": ["nop"], "suite": "small"}
QUESTIONS: list[tuple[str, str, Any]] = [
    ("GET", "/api/v1/runs", None),
    ("POST", "/api/v1/runs", RUN),
    ("GET", "/api/v1/leaderboard", None),
    ("GET", "/api/v1/runs/x/facts", None),
    ("GET", "/api/v1/attempts/x-1", None),
    ("POST", "/api/v1/runs/x/cancel", None),
    ("POST", "/api/v1/models/test", {"model": "nop"}),
]


async def test_a_ledger_that_is_away(gateway: Gateway) -> None:
    gateway.bus.link.cut()
    for method, path, body in QUESTIONS:
        response = await gateway.http.request(method, path, json=body)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable"), path
        assert int(response.headers["retry-after"]) >= 1
    gateway.bus.link.restore()
    assert (await gateway.http.get("/api/v1/runs")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/suites", "/api/v1/models", "/docs"])
async def test_what_needs_no_ledger_is_there_without(gateway: Gateway, path: str) -> None:
    gateway.bus.link.cut()
    assert (await gateway.http.get(path)).status_code == 200


async def test_a_dashboard_that_was_never_built_says_how(gateway: Gateway) -> None:
    response = await gateway.http.get("/")
    assert response.status_code == 503
    assert "make setup" in response.text


async def test_clients_are_told_and_catch_up(gateway: Gateway) -> None:
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
        gateway.ledger.drops_fact = lambda event: True
        await gateway.ledger.start(run_id)
        await gateway.ledger.finish(run_id)
        gateway.bus.link.restore()
        assert (await live.next("degraded"))["degraded"] is False
        facts = [await live.next("fact") for _ in range(2)]
        assert [(fact["topic"], fact["cursor"]) for fact in facts] == [(f"run:{run_id}", 2), (f"run:{run_id}", 3)]
        snapshot = await live.next("snapshot")
        assert (snapshot["topic"], snapshot["data"]["runs"][0]["status"]) == ("runs", "finished")


async def test_a_topic_asked_for_while_the_ledger_is_away_comes_when_it_is_back(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    gateway.bus.link.cut()
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        assert (await live.next())["degraded"] is True
        gateway.bus.link.restore()
        kinds = {(await live.next("snapshot", "degraded"))["type"] for _ in range(2)}
        assert kinds == {"snapshot", "degraded"}


async def test_a_topic_asked_for_while_the_ledger_has_no_database_comes_when_it_has_one_again(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    gateway.ledger.unavailable = True
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        assert (await live.next())["degraded"] is True
        gateway.ledger.unavailable = False
        kinds = {(await live.next("snapshot", "degraded"))["type"] for _ in range(2)}
        assert kinds == {"snapshot", "degraded"}


async def test_a_gap_is_filled_once_the_ledger_has_a_database_again(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        await live.next("snapshot")
        gateway.ledger.unavailable = True
        gateway.ledger.drops_fact = lambda event: True
        await gateway.ledger.start(run_id)
        gateway.ledger.drops_fact = lambda event: False
        await gateway.ledger.finish(run_id)
        assert (await live.next("degraded", "fact"))["type"] == "degraded"
        gateway.ledger.unavailable = False
        facts = [await live.next("fact") for _ in range(2)]
        assert [fact["cursor"] for fact in facts] == [2, 3]
