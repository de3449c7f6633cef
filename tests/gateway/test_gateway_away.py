"""When the bus, the ledger or the dashboard is away, every question is answered soon, and with when to ask again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.house import House

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


async def test_a_ledger_that_is_away(house: House) -> None:
    house.bus.link.cut()
    for method, path, body in QUESTIONS:
        response = await house.http.request(method, path, json=body)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable"), path
        assert int(response.headers["retry-after"]) >= 1
    house.bus.link.restore()
    assert (await house.http.get("/api/v1/runs")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/suites", "/api/v1/models", "/docs"])
async def test_what_needs_no_ledger_is_there_without(house: House, path: str) -> None:
    house.bus.link.cut()
    assert (await house.http.get(path)).status_code == 200


async def test_a_dashboard_that_was_never_built_says_how(house: House) -> None:
    response = await house.http.get("/")
    assert response.status_code == 503
    assert "make setup" in response.text


async def test_clients_are_told_and_catch_up(house: House) -> None:
    run_id = await house.ledger.new_run(attempts=2)
    async with house.socket() as live:
        await live.subscribe(f"run:{run_id}")
        await live.subscribe("runs")
        await live.next("snapshot")
        await live.next("snapshot")
        house.bus.link.cut()
        frame = await live.next("degraded")
        assert frame["degraded"] is True
        assert frame["reason"]
        house.ledger.loses = lambda event: True
        await house.ledger.start(run_id)
        await house.ledger.finish(run_id)
        house.bus.link.restore()
        assert (await live.next("degraded"))["degraded"] is False
        facts = [await live.next("fact") for _ in range(2)]
        assert [(fact["topic"], fact["cursor"]) for fact in facts] == [(f"run:{run_id}", 2), (f"run:{run_id}", 3)]
        snapshot = await live.next("snapshot")
        assert (snapshot["topic"], snapshot["data"]["runs"][0]["status"]) == ("runs", "finished")


async def test_a_topic_asked_for_while_the_ledger_is_away_comes_when_it_is_back(house: House) -> None:
    run_id = await house.ledger.new_run()
    house.bus.link.cut()
    async with house.socket() as live:
        await live.subscribe(f"run:{run_id}")
        assert (await live.next())["degraded"] is True
        house.bus.link.restore()
        kinds = {(await live.next("snapshot", "degraded"))["type"] for _ in range(2)}
        assert kinds == {"snapshot", "degraded"}


async def test_a_topic_asked_for_while_the_ledger_has_no_database_comes_when_it_has_one_again(house: House) -> None:
    run_id = await house.ledger.new_run()
    house.ledger.without_database = True
    async with house.socket() as live:
        await live.subscribe(f"run:{run_id}")
        assert (await live.next())["degraded"] is True
        house.ledger.without_database = False
        kinds = {(await live.next("snapshot", "degraded"))["type"] for _ in range(2)}
        assert kinds == {"snapshot", "degraded"}


async def test_a_gap_is_filled_once_the_ledger_has_a_database_again(house: House) -> None:
    run_id = await house.ledger.new_run(attempts=2)
    async with house.socket() as live:
        await live.subscribe(f"run:{run_id}")
        await live.next("snapshot")
        house.ledger.without_database = True
        house.ledger.loses = lambda event: True
        await house.ledger.start(run_id)
        house.ledger.loses = lambda event: False
        await house.ledger.finish(run_id)
        assert (await live.next("degraded", "fact"))["type"] == "degraded"
        house.ledger.without_database = False
        facts = [await live.next("fact") for _ in range(2)]
        assert [fact["cursor"] for fact in facts] == [2, 3]
