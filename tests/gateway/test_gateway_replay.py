"""The model ``replay/<run id>``: the responses of an earlier run are graded again."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from assay.artifacts import Area
from assay.contracts.codec import decode
from assay.contracts.ids import attempt_id, new_id
from assay.contracts.replay import Responses, replayed_run
from tests.gateway.harness import Gateway

SAMPLES = ("one", "two", "one", "two")
"""Of the task ``riddle``, in two repeats."""


async def stored_run(gateway: Gateway, *texts: str, models: tuple[str, ...] = ("paid/big",)) -> str:
    """A run over both samples, whose attempts have these responses."""
    run_id = await gateway.ledger.new_run(attempts=len(SAMPLES))
    fake = gateway.ledger.runs[run_id]
    gateway.ledger.update_run(run_id, models=models)
    fake.rows[:] = [
        replace(row, task_id="riddle", sample_id=sample, repeat=place // 2, model=models[0])
        for place, (row, sample) in enumerate(zip(fake.rows, SAMPLES, strict=True))
    ]
    for ordinal, text in enumerate(texts):
        if text:
            ref = await gateway.ports.stores[Area.ATTEMPTS].put(text.encode(), "text/plain")
            fake.artifacts_of[attempt_id(run_id, ordinal)] = {"response.txt": ref}
    return run_id


async def submit(gateway: Gateway, model: str, **more: Any) -> Any:
    return await gateway.http.post("/api/v1/runs", json={"models": [model], **more})


async def replayed(gateway: Gateway) -> Responses:
    """The responses of the last run that was submitted."""
    (pin,) = gateway.ledger.submitted[-1].plan.models
    assert pin.replay is not None
    return decode(Responses, await gateway.ports.stores[Area.PUBLIC].get(pin.replay))


async def test_the_first_response_to_each_sample_is_replayed_with_the_tasks_of_the_run(gateway: Gateway) -> None:
    run_id = await stored_run(gateway, "2", "", "3", "4")
    response = await submit(gateway, f"replay/{run_id}")
    assert response.status_code == 201, response.text
    assert (await replayed(gateway)).responses == {"riddle": {"one": "2", "two": "4"}}
    plan = gateway.ledger.submitted[-1].plan
    assert [(task.task_id, task.sample_ids) for task in plan.tasks] == [("riddle", ("one", "two"))]
    assert plan.models[0].model.name == f"replay/{run_id}"
    assert plan.models[0].price is not None and plan.models[0].price.local


async def test_chosen_tasks_and_prices_are_kept(gateway: Gateway) -> None:
    run_id = await stored_run(gateway, "2", "4")
    name = f"replay/{run_id}"
    prices = {name: {"input_usd_per_mtok": "1", "output_usd_per_mtok": "2"}}
    assert (await submit(gateway, name, tasks=["riddle"], samples=1, prices=prices)).status_code == 201
    plan = gateway.ledger.submitted[-1].plan
    assert plan.tasks[0].sample_ids == ("one",)
    assert plan.models[0].price is not None and plan.models[0].price.output_nanousd_per_mtok == 2_000_000_000


async def test_one_model_of_a_run_with_several_is_named(gateway: Gateway) -> None:
    run_id = await stored_run(gateway, "2", "4", models=("paid/big", "local/tiny", "oracle"))
    unnamed = (await submit(gateway, f"replay/{run_id}")).json()["errors"][0]
    assert f"replay/{run_id}:paid/big or replay/{run_id}:local/tiny" in unnamed["message"]
    wrong = (await submit(gateway, f"replay/{run_id}:paid/bigg")).json()["errors"][0]
    assert (wrong["where"], wrong["near"]) == ("models[0]", "paid/big")
    assert (await submit(gateway, f"replay/{run_id}:paid/big")).status_code == 201


async def test_a_run_without_responses_is_refused(gateway: Gateway) -> None:
    run_id = await stored_run(gateway)
    refused = await submit(gateway, f"replay/{run_id}")
    assert refused.status_code == 422
    assert "left a complete response (response.txt)" in refused.json()["errors"][0]["message"]
    unknown = await submit(gateway, f"replay/{new_id()}")
    assert unknown.status_code == 422 and "there is no run" in unknown.json()["errors"][0]["message"]
    missing = await stored_run(gateway, "2")
    error = (await submit(gateway, f"replay/{missing}", tasks=["riddle"])).json()["errors"][0]
    assert "no response to riddle/two" in error["message"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("replay/01hz0000000000000000000000", ("01hz0000000000000000000000", "")),
        ("replay/01hz0000000000000000000000:openai/gpt-4.1", ("01hz0000000000000000000000", "openai/gpt-4.1")),
        ("replay/my_answers", None),
        ("openai/01hz0000000000000000000000", None),
    ],
)
def test_the_name_says_which_run(name: str, found: tuple[str, str] | None) -> None:
    assert replayed_run(name) == found
