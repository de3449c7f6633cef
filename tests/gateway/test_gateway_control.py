"""Control of runs, over real HTTP: the commands the ledger gets, and the responses."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.rpc import CancelRun, ChangeRun, RestartRun
from assay.contracts.runs import CancelGrading, LimitsChange, RunLimits
from tests.gateway.harness import Gateway

REQUEST: dict[str, Any] = {"models": ["nop", "paid/big"], "suite": "small"}
LIMITS = {"cost_usd": "2.5", "seconds": 60.0, "concurrency": 3, "no_progress_seconds": 5.0}


async def test_a_plan_carries_the_requested_limits_and_priority(gateway: Gateway) -> None:
    body = {**REQUEST, "limits": LIMITS, "priority": 9, "partial": True, "reuse": True}
    await gateway.http.post("/api/v1/runs", json=body)
    plan = gateway.ledger.submitted[0].plan
    assert plan.limits == RunLimits(cost_usd="2.5", seconds=60, concurrency=3, no_progress_seconds=5)
    assert (plan.priority, plan.partial, plan.reuse) == (9, True, True)


async def test_a_run_has_default_limits(gateway: Gateway) -> None:
    await gateway.http.post("/api/v1/runs", json=REQUEST)
    assert gateway.ledger.submitted[0].plan.limits == RunLimits(cost_usd="1", seconds=10_800)


async def test_a_quote_uses_the_same_plan_as_submitting(gateway: Gateway) -> None:
    gateway.ledger.money.estimate_usd = "0.25"
    response = await gateway.http.post("/api/v1/runs/quote", json=REQUEST)
    assert (response.status_code, response.json()["worst_usd"]) == (200, "1")
    await gateway.http.post("/api/v1/runs", json=REQUEST)
    assert gateway.ledger.money.quotes[0].plan == gateway.ledger.submitted[0].plan
    assert len(gateway.ledger.runs) == 1


@pytest.mark.parametrize("path", ["/api/v1/runs", "/api/v1/runs/quote"])
async def test_a_run_over_its_limit_gets_402_with_the_amounts(gateway: Gateway, path: str) -> None:
    gateway.ledger.money.estimate_usd = "3"
    response = await gateway.http.post(path, json=REQUEST)
    assert (response.status_code, response.json()["code"]) == (402, "over_limit")
    assert "$3" in response.json()["detail"]
    assert "$1" in response.json()["detail"]
    assert response.headers["content-type"] == "application/problem+json"


async def test_pausing_and_resuming(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    paused = await gateway.http.post(f"/api/v1/runs/{run_id}/pause")
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    resumed = await gateway.http.post(f"/api/v1/runs/{run_id}/resume")
    assert (resumed.status_code, resumed.json()["status"]) == (200, "running")


@pytest.mark.parametrize(
    ("query", "seconds", "grading"),
    [
        ("", 10.0, CancelGrading.FREE),
        ("?grace_seconds=0", 0.0, CancelGrading.FREE),
        ("?grace_seconds=2.5&grading=all", 2.5, CancelGrading.ALL),
    ],
)
async def test_cancelling_passes_on_its_parameters(
    gateway: Gateway, query: str, seconds: float, grading: CancelGrading
) -> None:
    run_id = await gateway.ledger.new_run()
    response = await gateway.http.post(f"/api/v1/runs/{run_id}/cancel{query}")
    assert response.status_code == 200
    assert gateway.ledger.control.commands == [CancelRun(run_id=run_id, grace_seconds=seconds, grading=grading)]


async def test_a_change_keeps_omitted_fields(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    path = f"/api/v1/runs/{run_id}"
    assert (await gateway.http.patch(path, json={"limits": {"seconds": 30}})).json()["limits"]["cost_usd"] == "1"
    assert (await gateway.http.patch(path, json={"limits": {"cost_usd": None}})).json()["limits"]["seconds"] == 30
    assert (await gateway.http.patch(path, json={"priority": 8})).json()["priority"] == 8
    assert gateway.ledger.control.commands == [
        ChangeRun(run_id=run_id, limits_change=LimitsChange(seconds=30)),
        ChangeRun(run_id=run_id, limits_change=LimitsChange(cost_usd=None)),
        ChangeRun(run_id=run_id, priority=8),
    ]


async def test_a_restart_is_a_new_run_with_the_old_limits_unless_changed(gateway: Gateway) -> None:
    old = await gateway.ledger.new_run()
    await gateway.http.patch(f"/api/v1/runs/{old}", json={"limits": {"seconds": 30}})
    response = await gateway.http.post(f"/api/v1/runs/{old}/restart")
    run = response.json()
    assert (response.status_code, run["restarts"]) == (201, old)
    assert response.headers["location"] == f"/api/v1/runs/{run['run_id']}"
    body = {"fresh": True, "reuse": True, "limits": {"cost_usd": "5"}}
    await gateway.http.post(f"/api/v1/runs/{old}/restart", json=body, headers={"Idempotency-Key": "again"})
    _, plain, fresh = gateway.ledger.control.commands
    assert isinstance(plain, RestartRun)
    assert isinstance(fresh, RestartRun)
    assert (plain.fresh, plain.reuse, plain.limits, bool(plain.idempotency_key)) == (False, False, None, True)
    assert (fresh.fresh, fresh.reuse, fresh.idempotency_key) == (True, True, "again")
    assert fresh.limits == RunLimits(cost_usd="5", seconds=30)


async def test_restarts_with_the_same_key_are_the_same_run(gateway: Gateway) -> None:
    old = await gateway.ledger.new_run()
    headers = {"Idempotency-Key": "once"}
    runs = [(await gateway.http.post(f"/api/v1/runs/{old}/restart", headers=headers)).json() for _ in range(2)]
    assert runs[0]["run_id"] == runs[1]["run_id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "where"),
    [
        ("PATCH", "", {}, "body"),
        ("PATCH", "", {"limits": {"secnds": 1}}, "limits.secnds"),
        ("PATCH", "", {"limits": {"seconds": 0}}, "limits.seconds"),
        ("PATCH", "", {"limits": {"cost_usd": 1}}, "limits.cost_usd"),
        ("PATCH", "", {"limits": {"cost_usd": "1" * 40}}, "limits.cost_usd"),
        ("PATCH", "", {"priority": 10}, "priority"),
        ("POST", "/restart", {"frsh": True}, "frsh"),
        ("POST", "/restart", {"limits": {"cost_usd": "-1"}}, "limits.cost_usd"),
        ("POST", "/cancel?grace_seconds=-1", None, "grace_seconds"),
    ],
)
async def test_invalid_commands_change_nothing(gateway: Gateway, method: str, path: str, body: Any, where: str) -> None:
    run_id = await gateway.ledger.new_run()
    response = await gateway.http.request(method, f"/api/v1/runs/{run_id}{path}", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert [error["where"] for error in response.json()["errors"]] == [where]
    assert not gateway.ledger.control.commands


async def test_a_misspelled_limit_gets_a_suggestion(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    problem = (await gateway.http.patch(f"/api/v1/runs/{run_id}", json={"limits": {"secnds": 1}})).json()
    assert problem["errors"][0]["near"] == "seconds"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/pause"), ("POST", "/resume"), ("POST", "/restart"), ("PATCH", ""), ("POST", "/cancel")],
)
async def test_commands_to_an_unknown_run_get_404(gateway: Gateway, method: str, path: str) -> None:
    body = {"priority": 1} if method == "PATCH" else None
    response = await gateway.http.request(method, f"/api/v1/runs/nosuch{path}", json=body)
    assert (response.status_code, response.json()["code"]) == (404, "unknown_run")
