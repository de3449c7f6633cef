"""Runs for which no live worker offers a sandbox are refused, with the tasks' names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from assay.contracts.attempts import Stage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Heartbeat
from assay.contracts.runs import RunPlan
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import WorkerCapabilities
from services.ledger.workers.sandbox_capacity import sandbox_refusal
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


async def test_a_task_that_needs_docker_is_refused_if_no_runner_offers_it(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("bubblewrap",))
    await heartbeat(ledger, Stage.JUDGE, ("bubblewrap", "docker"))
    detail = await refusal(ledger, needing(IMAGE))
    assert detail.startswith("Task sums needs a docker sandbox; no live runner offers one (available: bubblewrap)")
    assert "make images" in detail
    await heartbeat(ledger, Stage.RUN, ("docker",), "second")
    assert (await ledger.submit_plan(needing(IMAGE))).progress.total == 2


async def test_the_judge_must_offer_the_sandbox_too(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("docker",))
    await heartbeat(ledger, Stage.JUDGE, ())
    assert "no live judge offers one (available: none)" in await refusal(ledger, needing(IMAGE))


@pytest.mark.parametrize("case", ["no_worker", "unreported", "not_needed"])
async def test_a_run_that_could_still_be_placed_is_accepted(ledger: LedgerHarness, case: str) -> None:
    if case != "no_worker":
        await heartbeat(ledger, Stage.RUN, ("bubblewrap",))
    if case == "unreported":
        await heartbeat(ledger, Stage.RUN, None, "starting")
    assert await ledger.submit_plan(needing(() if case == "not_needed" else IMAGE))


async def test_a_silent_worker_does_not_count(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("docker",), "gone")
    await ledger.set_past("workers", "seen_at", 60)
    await heartbeat(ledger, Stage.RUN, ("bubblewrap",))
    await refusal(ledger, needing(IMAGE))


@pytest.mark.parametrize(
    ("offered", "requested", "refused"),
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
async def test_a_run_can_request_a_kind_of_sandbox(
    ledger: LedgerHarness, offered: tuple[str, ...], requested: str, refused: str
) -> None:
    await heartbeat(ledger, Stage.RUN, offered)
    asked = needing(PLAIN, sandbox=requested)
    if refused:
        assert refused in await refusal(ledger, asked)
        return
    run = await ledger.submit_plan(asked)
    tickets = await ledger.start_attempts(run)
    assert {ticket.sandbox for ticket in tickets} == {requested}


async def test_results_without_isolation_are_not_reused_by_other_runs(ledger: LedgerHarness) -> None:
    kinds = ("", "docker", "process")
    runs = [await ledger.submit_plan(needing(PLAIN, sandbox=kind)) for kind in kinds]
    rows = await ledger.table("attempts", ordinal=1)
    plain, docker, process = ([row["key"] for row in rows if row["run_id"] == run.run_id] for run in runs)
    assert plain == docker != process


async def test_a_requested_kind_that_cannot_run_the_task_is_refused(ledger: LedgerHarness) -> None:
    await heartbeat(ledger, Stage.RUN, ("bubblewrap", "docker"))
    detail = await refusal(ledger, needing(IMAGE, sandbox="bubblewrap"))
    assert detail == "Task sums cannot run in the requested sandbox (bubblewrap); leave the sandbox out."


async def test_a_kind_whose_workers_are_started_on_demand_is_not_refused() -> None:
    workers = [WorkerCapabilities(stage, ("bubblewrap",)) for stage in Stage]
    image = needing(IMAGE)
    assert sandbox_refusal(image, workers)
    assert not sandbox_refusal(image, workers, LedgerSettings(sandboxes_on_demand=" docker ").on_demand)
    with pytest.raises(ValidationError, match="unknown kind of sandbox 'lxc'; known are bubblewrap, docker"):
        LedgerSettings(sandboxes_on_demand="docker,lxc")
