"""Every route, over real HTTP."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assay.artifacts import Area, unpack
from assay.contracts.ids import attempt_id
from assay.contracts.models import CallFault, ModelProblem
from assay.contracts.rpc import CheckModels, ModelProbe, ModelProblems, PreviewPrompt, Prompt, TestModel
from tests.gateway.harness import Gateway

ADD_TWO = Path(__file__).parents[2] / "catalog" / "tasks" / "add_two"
REQUEST: dict[str, Any] = {"models": ["nop", "paid/big"], "suite": "small", "name": "first"}


async def test_submitting_a_run(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/v1/runs", json=REQUEST)
    assert response.status_code == 201
    run = response.json()
    assert response.headers["location"] == f"/api/v1/runs/{run['run_id']}"
    assert (await gateway.http.get(response.headers["location"])).json() == run


async def test_a_submitted_plan_pins_tasks_bundles_and_prices(gateway: Gateway) -> None:
    await gateway.http.post("/api/v1/runs", json=REQUEST)
    plan = gateway.ledger.submitted[0].plan
    assert (plan.name, plan.suite, plan.repeats) == ("first", "small", 2)
    (task,) = plan.tasks
    assert (task.task_id, task.sample_ids) == ("riddle", ("one", "two"))
    public = unpack(await gateway.ports.stores[Area.PUBLIC].get(task.public))
    assert b"one and one" in public["task.json"]
    assert b"secret" not in b"".join(public.values())
    hidden = unpack(await gateway.ports.stores[Area.HIDDEN].get(task.hidden))
    assert b"secret two" in hidden["grading.json"]
    assert "reference.json" in unpack(await gateway.ports.stores[Area.REFERENCE].get(task.reference))
    prices = {pin.model.name: pin.price for pin in plan.models}
    assert prices["nop"] is None
    assert prices["paid/big"] is not None
    assert prices["paid/big"].output_nanousd_per_mtok == 2_000_000_000


async def test_install_deps_is_in_the_plan_and_the_bundles(gateway: Gateway, tmp_path: Path) -> None:
    problem = (await gateway.http.post("/api/v1/runs", json={**REQUEST, "install_deps": True})).json()
    assert (problem["code"], problem["errors"][0]["where"]) == ("no_requirements", "install_deps")
    task = shutil.copytree(ADD_TWO, tmp_path / "catalog" / "tasks" / "add_two")
    (task / "workspace" / "requirements.txt").write_text("iniconfig==2.1.0\n")
    request = {"models": ["nop"], "tasks": ["add_two"], "install_deps": True}
    response = await gateway.http.post("/api/v1/runs", json=request)
    assert response.status_code == 201, response.text
    plan = gateway.ledger.submitted[0].plan
    assert (plan.install_deps, plan.tasks[0].sandboxes) == (True, ("docker",))
    for area, ref, name in (
        (Area.PUBLIC, plan.tasks[0].public, "task.json"),
        (Area.HIDDEN, plan.tasks[0].hidden, "grading.json"),
    ):
        build = json.loads(unpack(await gateway.ports.stores[area].get(ref))[name])["sandbox"]["build"]
        assert base64.b64decode(build["requirements.txt"]) == b"iniconfig==2.1.0\n"


async def test_the_idempotency_key_is_passed_on(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "abc"}
    first = await gateway.http.post("/api/v1/runs", json=REQUEST, headers=headers)
    again = await gateway.http.post("/api/v1/runs", json=REQUEST, headers=headers)
    assert first.json() == again.json()
    assert gateway.ledger.submitted[0].idempotency_key == "abc"
    assert gateway.ledger.submitted[0].plan == gateway.ledger.submitted[1].plan
    other = await gateway.http.post("/api/v1/runs", json={**REQUEST, "repeats": 7}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_without_a_key_every_request_creates_a_run(gateway: Gateway) -> None:
    runs = [(await gateway.http.post("/api/v1/runs", json=REQUEST)).json()["run_id"] for _ in range(2)]
    assert len(set(runs)) == 2


async def test_listing_runs(gateway: Gateway) -> None:
    ids = [await gateway.ledger.new_run(suite=suite, name=f"run {suite}") for suite in ("a", "b", "c")]
    page = (await gateway.http.get("/api/v1/runs?limit=2")).json()
    assert [run["run_id"] for run in page["items"]] == [ids[2], ids[1]]
    assert page["total"] == 3
    rest = (await gateway.http.get(f"/api/v1/runs?limit=2&cursor={page['next_cursor']}")).json()
    assert [run["run_id"] for run in rest["items"]] == [ids[0]]
    for query in ("suite=b", "search=run%20b", "status=waiting&suite=b&model=nop"):
        found = (await gateway.http.get(f"/api/v1/runs?{query}")).json()["items"]
        assert [run["run_id"] for run in found] == [ids[1]]


async def test_cancelling_a_run(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    response = await gateway.http.post(f"/api/v1/runs/{run_id}/cancel")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")


async def test_listing_attempts(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=3)
    for _ in range(5):
        await gateway.ledger.advance(run_id, 1)
    page = (await gateway.http.get(f"/api/v1/runs/{run_id}/attempts")).json()
    assert [row["ordinal"] for row in page["items"]] == [0, 1, 2]
    assert page["sequence"] == 6
    for query in ("state=done", "outcome=passed", "state=done&outcome=passed&model=nop&task_id=add_two"):
        found = (await gateway.http.get(f"/api/v1/runs/{run_id}/attempts?{query}")).json()["items"]
        assert [row["ordinal"] for row in found] == [1]


async def test_facts_are_cloud_events(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=1)
    await gateway.ledger.start(run_id)
    facts = (await gateway.http.get(f"/api/v1/runs/{run_id}/facts?after=1")).json()
    assert [(fact["specversion"], fact["type"], fact["sequence"]) for fact in facts] == [("1.0", "run.started", 2)]


async def test_getting_an_attempt(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    detail = (await gateway.http.get(f"/api/v1/attempts/{attempt_id(run_id, 1)}")).json()
    assert detail["attempt"]["ordinal"] == 1


async def test_getting_the_leaderboard(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=1, suite="demo")
    await gateway.ledger.complete_run(run_id)
    board = (await gateway.http.get("/api/v1/leaderboard?suite=demo&category=coding")).json()
    assert (board["suite"], board["category"], board["rows"][0]["n"]) == ("demo", "coding", 1)


async def test_tasks_and_suites_are_listed(gateway: Gateway) -> None:
    (task,) = (await gateway.http.get("/api/v1/tasks")).json()
    assert (await gateway.http.get("/api/v1/tasks/riddle")).json() == task
    assert (await gateway.http.get("/api/v1/tasks?search=RIDDLE&category=riddles")).json() == [task]
    assert (await gateway.http.get("/api/v1/tasks?search=nothing")).json() == []
    (suite,) = (await gateway.http.get("/api/v1/suites")).json()
    assert (await gateway.http.get("/api/v1/suites/small")).json() == suite
    assert suite["task_ids"] == ["riddle"]


async def test_hidden_parts_of_a_task_are_not_served(gateway: Gateway) -> None:
    for path in ("/api/v1/tasks", "/api/v1/tasks/riddle"):
        assert "secret" not in (await gateway.http.get(path)).text


async def test_models_are_listed_with_kind_and_price(gateway: Gateway) -> None:
    models = {model["name"]: model for model in (await gateway.http.get("/api/v1/models")).json()}
    assert {name: model["kind"] for name, model in models.items()} == {
        "oracle": "baseline",
        "nop": "baseline",
        "local/tiny": "local",
        "paid/big": "hosted",
        "paid/dear": "hosted",
    }
    assert models["paid/big"]["price"]["input_nanousd_per_mtok"] == 1_000_000_000
    assert models["local/tiny"]["price"]["local"] is True
    assert models["paid/dear"]["price"] is None
    assert models["local/tiny"]["capabilities"]["vision"] is False
    assert set(models["paid/big"]["capabilities"].values()) == {None}


async def test_a_model_that_lacks_what_a_task_needs_is_refused_by_name(gateway: Gateway, tmp_path: Path) -> None:
    task = tmp_path / "catalog" / "tasks" / "riddle"
    (task / "images").mkdir()
    (task / "images" / "one.gif").write_bytes(b"GIF89a")
    manifest = task / "task.yaml"
    manifest.write_text(manifest.read_text() + "images: [images/one.gif]\n")
    body = {"models": ["nop", "local/tiny"], "suite": "small"}
    for path in ("/api/v1/runs", "/api/v1/runs/quote"):
        problem = (await gateway.http.post(path, json=body)).json()
        assert (problem["status"], problem["code"]) == (422, "missing_capability"), problem
        assert problem["errors"][0]["where"] == "models[1]"
        assert "task 'riddle' needs images, which local/tiny does not accept" in problem["detail"]
    assert not gateway.ledger.submitted
    assert (await gateway.http.post("/api/v1/runs", json={**body, "models": ["nop", "paid/big"]})).status_code == 201
    assert gateway.ledger.submitted[0].plan.tasks[0].images == 1


async def test_testing_a_model(gateway: Gateway) -> None:
    async def answer(request: TestModel) -> ModelProbe:
        return ModelProbe(model=request.model, ok=False, fault=CallFault.CONNECTION, message="nobody there")

    await gateway.bus.rpc.serve("runner", {TestModel: answer})
    response = await gateway.http.post("/api/v1/models/test", json={"model": "local/tiny"})
    assert (response.status_code, response.json()["fault"]) == (200, "connection")


@pytest.mark.parametrize("route", ["quote", "preview"])
async def test_a_quote_names_the_models_that_a_runner_cannot_call(gateway: Gateway, route: str) -> None:
    asked: list[tuple[str, ...]] = []

    async def check(request: CheckModels) -> ModelProblems:
        asked.append(tuple(model.name for model in request.models))
        problem = ModelProblem(model="paid/big", fault=CallFault.AUTHENTICATION, reason="no key", remedy="set it")
        return ModelProblems(problems=(problem,))

    async def preview(request: PreviewPrompt) -> Prompt:
        return Prompt()

    await gateway.bus.rpc.serve("runner", {CheckModels: check, PreviewPrompt: preview})
    body = (await gateway.http.post(f"/api/v1/runs/{route}", json=REQUEST)).json()
    quote = body if route == "quote" else body["quote"]
    (problem,) = quote["problems"]
    assert (problem["model"], problem["fault"], problem["remedy"]) == ("paid/big", "authentication", "set it")
    assert asked == [("nop", "paid/big")]


async def test_a_quote_without_a_live_runner_has_no_problems(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/v1/runs/quote", json=REQUEST)
    assert (response.status_code, response.json()["problems"]) == (200, [])


async def test_health_and_readiness(gateway: Gateway) -> None:
    assert (await gateway.http.get("/healthz")).json()["ready"] is True
    ready = await gateway.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    gateway.ledger.ready = False
    ready = await gateway.http.get("/readyz")
    assert (ready.status_code, ready.json()["detail"]) == (503, "the ledger is not ready: no Postgres")
    gateway.bus.link.cut()
    ready = await gateway.http.get("/readyz")
    assert (ready.status_code, ready.json()["detail"]) == (503, "not connected to the bus")
    assert (await gateway.http.get("/healthz")).status_code == 200


async def test_metrics_are_exported(gateway: Gateway) -> None:
    await gateway.http.get("/api/v1/tasks")
    await gateway.ledger.new_run()
    async with gateway.live() as live:
        await live.subscribe("runs")
        await live.next("snapshot")
        text = (await gateway.http.get("/metrics")).text
    assert 'assay_http_requests_total{app_name="gateway",method="GET",path="/api/v1/tasks",status_code="200"}' in text
    assert "assay_live_clients 1.0" in text


async def test_head_is_get_without_the_body(gateway: Gateway) -> None:
    response = await gateway.http.head("/api/v1/tasks")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 100
