"""What autoscalers read over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.rpc import GetWantedSlots, StageSlots, WantedSlots
from assay.contracts.sandboxes import SandboxRequirement as Needs
from tests.gateway.harness import Gateway

WANTED = {Needs.NONE: 1, Needs.ANY: 2, Needs.CONTAINER: 4, Needs.DOCKER: 8}


@pytest.fixture
async def http(gateway: Gateway) -> Any:
    async def answer(request: GetWantedSlots) -> WantedSlots:
        by_sandbox = {each: WANTED.get(each, 0) for each in request.sandboxes or Needs}
        run = StageSlots(wanted_slots=sum(by_sandbox.values()), live_slots=3, by_sandbox=by_sandbox)
        return WantedSlots(pool=request.pool, run=run, judge=run)

    await gateway.bus.rpc.serve("ledger", {GetWantedSlots: answer})
    return gateway.http


@pytest.mark.parametrize(
    ("query", "slots"),
    [
        ("", 15),
        ("?sandbox=container", 4),
        ("?sandbox=container,docker", 12),
        ("?offers=bubblewrap", 3),
        ("?offers=kubernetes", 7),
        ("?offers=docker&sandbox=container,bubblewrap", 4),
    ],
)
async def test_the_slots_of_some_requirements_are_counted(http: Any, query: str, slots: int) -> None:
    response = await http.get(f"/api/v1/scaling/default{query}")
    assert (response.status_code, response.json()["run"]["wanted_slots"]) == (200, slots)
    assert response.json()["judge"]["wanted_slots"] == slots


async def test_one_stage_alone_can_be_read(http: Any) -> None:
    body = (await http.get("/api/v1/scaling/default?stage=judge")).json()
    assert (body["pool"], body["run"], body["judge"]["live_slots"]) == ("default", None, 3)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?sandbox=containr", "got 'containr'"),
        ("?offers=lxc", "must be of bubblewrap, docker, kubernetes, process; got 'lxc'"),
        ("?offers=bubblewrap&sandbox=docker", "meets none of the requirements"),
        ("?stage=gateway", "stage"),
        ("?stages=run", "unknown parameter"),
    ],
)
async def test_a_misspelled_filter_is_an_error(http: Any, query: str, message: str) -> None:
    response = await http.get(f"/api/v1/scaling/default{query}")
    assert response.status_code in (400, 422) and message in response.text, response.text
