"""Runs that no living worker could hold are refused, with the tasks' names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from assay.contracts.attempts import Stage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Heartbeat
from assay.contracts.runs import RunPlan
from tests.ledger.harness import LedgerHarness, plan

PLAIN, IMAGE = ("bubblewrap", "docker", "process"), ("docker",)


def needing(sandboxes: tuple[str, ...], **more: Any) -> RunPlan:
    one = plan(**more)
    return msgspec.structs.replace(one, tasks=(msgspec.structs.replace(one.tasks[0], sandboxes=sandboxes),))


async def heartbeat(ledger: LedgerHarness, stage: Stage, sandboxes: tuple[str, ...] | None, name: str = "") -> None:
    beat = Heartbeat(worker_id=f"{stage}-{name}", stage=stage, slots=4, sandboxes=sandboxes)
    await ledger.attempts.heartbeat(beat)


async def refusal(ledger: LedgerHarness, asked: RunPlan) -> str:
    with pytest.raises(ProblemError) as refused:
        await ledger.submit_plan(asked)
    problem = refused.value.problem
    assert (problem.status, problem.code) == (409, "no_sandbox")
    quote = await ledger.runs.quote(asked)
    assert (quote.refusal + ".").lower() == problem.detail.lower()
    assert not quote.fits
    assert await ledger.table("runs") == []
    return problem.detail


async def test_a_task_that_needs_docker_is_refused_by_name_where_no_runner_gives_it(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("bubblewrap",))
    await heartbeat(ledger, Stage.JUDGE, ("bubblewrap", "docker"))
    told = await refusal(ledger, needing(IMAGE))
    assert told.startswith("Task sums needs a docker sandbox; no live runner offers one (available: bubblewrap)")
    assert "make images" in told
    await heartbeat(ledger, Stage.RUN, ("docker",), "second")
    assert (await ledger.submit_plan(needing(IMAGE))).progress.total == 2


async def test_the_judge_needs_it_too(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("docker",))
    await heartbeat(ledger, Stage.JUDGE, ())
    assert "no live judge offers one (available: none)" in await refusal(ledger, needing(IMAGE))


@pytest.mark.parametrize("silent", ["nobody", "unsaid", "unneeded"])
async def test_nothing_is_refused_that_may_go(ledger: LedgerHarness, silent: str) -> None:
    if silent != "nobody":
        await heartbeat(ledger, Stage.RUN, ("bubblewrap",))
    if silent == "unsaid":
        await heartbeat(ledger, Stage.RUN, None, "starting")
    assert await ledger.submit_plan(needing(() if silent == "unneeded" else IMAGE))


async def test_a_worker_that_is_gone_does_not_count(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("docker",), "gone")
    await ledger.set_past("workers", "seen_at", 60)
    await heartbeat(ledger, Stage.RUN, ("bubblewrap",))
    await refusal(ledger, needing(IMAGE))


@pytest.mark.parametrize(
    ("offered", "requested", "told"),
    [
        (
            ("bubblewrap",),
            "docker",
            "Task sums needs the requested docker sandbox; no live runner offers one (available: bubblewrap)",
        ),
        (("bubblewrap", "docker"), "process", "ASSAY_SANDBOX=auto,process"),
        (("process",), "auto", ""),
        (("docker", "process"), "process", ""),
        (("docker",), "auto", ""),
    ],
)
async def test_a_run_may_ask_for_a_kind(
    ledger: LedgerHarness, offered: tuple[str, ...], requested: str, told: str
) -> None:
    await heartbeat(ledger, Stage.RUN, offered)
    asked = needing(PLAIN, sandbox=requested)
    if told:
        assert told in await refusal(ledger, asked)
        return
    run = await ledger.submit_plan(asked)
    tickets = await ledger.start_attempts(run)
    assert {ticket.sandbox for ticket in tickets} == {requested}


async def test_what_was_made_without_isolation_is_not_taken_over_by_other_runs(ledger: LedgerHarness) -> None:
    kinds = ("", "docker", "process")
    runs = [await ledger.submit_plan(needing(PLAIN, sandbox=kind)) for kind in kinds]
    rows = await ledger.table("attempts", ordinal=1)
    plain, docker, process = ([row["key"] for row in rows if row["run_id"] == run.run_id] for run in runs)
    assert plain == docker != process


async def test_a_kind_that_cannot_hold_the_task_is_refused_whoever_lives(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("bubblewrap", "docker"))
    told = await refusal(ledger, needing(IMAGE, sandbox="bubblewrap"))
    assert told == "Task sums cannot run in the requested sandbox (bubblewrap); leave the sandbox out."
