"""Runs that no living worker could hold are refused, with the tasks' names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from assay.contracts.attempts import Stage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Heartbeat
from assay.contracts.runs import RunPlan
from tests.ledger.desk import Desk, plan

PLAIN, IMAGE = ("bubblewrap", "docker", "process"), ("docker",)


def needing(sandboxes: tuple[str, ...], **more: Any) -> RunPlan:
    one = plan(**more)
    return msgspec.structs.replace(one, tasks=(msgspec.structs.replace(one.tasks[0], sandboxes=sandboxes),))


async def hire(desk: Desk, stage: Stage, sandboxes: tuple[str, ...] | None, name: str = "") -> None:
    beat = Heartbeat(worker_id=f"{stage}-{name}", stage=stage, slots=4, sandboxes=sandboxes)
    await desk.attempts.heartbeat(beat)


async def refusal(desk: Desk, asked: RunPlan) -> str:
    with pytest.raises(ProblemError) as refused:
        await desk.submit_plan(asked)
    problem = refused.value.problem
    assert (problem.status, problem.code) == (409, "no_sandbox")
    quote = await desk.runs.quote(asked)
    assert (quote.refusal + ".").lower() == problem.detail.lower()
    assert not quote.fits
    assert await desk.table("runs") == []
    return problem.detail


async def test_a_task_that_needs_docker_is_refused_by_name_where_no_runner_gives_it(desk: Desk) -> None:
    await hire(desk, Stage.RUN, ("bubblewrap",))
    await hire(desk, Stage.JUDGE, ("bubblewrap", "docker"))
    told = await refusal(desk, needing(IMAGE))
    assert told.startswith(
        "The task sums can only be held by docker, which no living runner gives (they give: bubblewrap)"
    )
    assert "make images" in told
    await hire(desk, Stage.RUN, ("docker",), "second")
    assert (await desk.submit_plan(needing(IMAGE))).progress.total == 2


async def test_the_judge_needs_it_too(desk: Desk) -> None:
    await hire(desk, Stage.RUN, ("docker",))
    await hire(desk, Stage.JUDGE, ())
    assert "no living judge gives (they give: none at all)" in await refusal(desk, needing(IMAGE))


@pytest.mark.parametrize("silent", ["nobody", "unsaid", "unneeded"])
async def test_nothing_is_refused_that_may_go(desk: Desk, silent: str) -> None:
    if silent != "nobody":
        await hire(desk, Stage.RUN, ("bubblewrap",))
    if silent == "unsaid":
        await hire(desk, Stage.RUN, None, "starting")
    assert await desk.submit_plan(needing(() if silent == "unneeded" else IMAGE))


async def test_a_worker_that_is_gone_does_not_count(desk: Desk) -> None:
    await hire(desk, Stage.RUN, ("docker",), "gone")
    await desk.past("workers", "seen_at", 60)
    await hire(desk, Stage.RUN, ("bubblewrap",))
    await refusal(desk, needing(IMAGE))


@pytest.mark.parametrize(
    ("given", "wish", "told"),
    [
        (
            ("bubblewrap",),
            "docker",
            "The run asks for docker, which no living runner gives (they give: bubblewrap); task sums",
        ),
        (("bubblewrap", "docker"), "process", "ASSAY_SANDBOX=auto,process"),
        (("process",), "auto", ""),
        (("docker", "process"), "process", ""),
        (("docker",), "auto", ""),
    ],
)
async def test_a_run_may_ask_for_a_kind(desk: Desk, given: tuple[str, ...], wish: str, told: str) -> None:
    await hire(desk, Stage.RUN, given)
    asked = needing(PLAIN, sandbox=wish)
    if told:
        assert told in await refusal(desk, asked)
        return
    run = await desk.submit_plan(asked)
    tickets = await desk.start(run)
    assert {ticket.sandbox for ticket in tickets} == {wish}


async def test_what_was_made_without_isolation_is_not_taken_over_by_other_runs(desk: Desk) -> None:
    kinds = ("", "docker", "process")
    runs = [await desk.submit_plan(needing(PLAIN, sandbox=kind)) for kind in kinds]
    rows = await desk.table("attempts", ordinal=1)
    plain, docker, process = ([row["key"] for row in rows if row["run_id"] == run.run_id] for run in runs)
    assert plain == docker != process


async def test_a_kind_that_cannot_hold_the_task_is_refused_whoever_lives(desk: Desk) -> None:
    await hire(desk, Stage.RUN, ("bubblewrap", "docker"))
    told = await refusal(desk, needing(IMAGE, sandbox="bubblewrap"))
    assert told == "The task sums cannot be held by the sandbox the run asks for (bubblewrap); leave that out."
