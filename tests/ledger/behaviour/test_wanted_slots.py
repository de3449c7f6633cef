"""How many slots a pool could use right now, whether or not there are workers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from assay.contracts.attempts import Stage
from assay.contracts.models import Outage
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun, GetWantedSlots, Heartbeat, StageSlots
from assay.contracts.runs import RunLimits, RunPlan
from assay.contracts.sandboxes import SandboxRequirement as Needs
from services.ledger.scheduling import wanted_slots
from tests.ledger.harness import WORST, LedgerHarness, costs, limited, plan

PLAIN, IMAGE = ("bubblewrap", "docker", "kubernetes", "process"), ("docker", "kubernetes")


async def wanted(ledger: LedgerHarness, *requirements: Needs, stage: Stage = Stage.RUN) -> StageSlots:
    slots = await ledger.wanted_slots.get(GetWantedSlots(sandboxes=requirements))
    of_stage = slots.run if stage is Stage.RUN else slots.judge
    assert of_stage is not None
    return of_stage


async def count(ledger: LedgerHarness) -> int:
    return (await wanted(ledger)).wanted_slots


def needing(*sandboxes: Sequence[str], samples: int = 2) -> RunPlan:
    """A plan with a task for each."""
    one = plan(samples=samples)
    tasks = [
        msgspec.structs.replace(one.tasks[0], task_id=f"t{n}", sandboxes=tuple(kinds))
        for n, kinds in enumerate(sandboxes)
    ]
    return msgspec.structs.replace(one, tasks=tuple(tasks))


async def test_without_workers_the_demand_is_there(ledger: LedgerHarness) -> None:
    assert await count(ledger) == 0
    await ledger.submit(samples=7)
    assert await wanted(ledger) == StageSlots(
        wanted_slots=7, live_slots=0, by_sandbox={each: 7 if each is Needs.NONE else 0 for each in Needs}
    )
    await ledger.add_runner(slots=2)
    await ledger.scheduler.schedule()
    assert (await wanted(ledger)).live_slots == 2
    assert await count(ledger) == 7, "three of them are queued"


async def test_the_demand_is_split_by_what_attempts_require(ledger: LedgerHarness) -> None:
    await ledger.submit_plan(needing((), PLAIN, IMAGE, IMAGE))
    beat = Heartbeat(worker_id="w", stage=Stage.RUN, slots=3, sandboxes=("bubblewrap",))
    await ledger.attempts.heartbeat(beat)
    every = await wanted(ledger)
    assert {each: n for each, n in every.by_sandbox.items() if n} == {Needs.NONE: 2, Needs.ANY: 2, Needs.CONTAINER: 4}
    assert every.wanted_slots == 8
    images = await wanted(ledger, Needs.CONTAINER, Needs.DOCKER)
    assert images == StageSlots(wanted_slots=4, live_slots=0, by_sandbox={Needs.CONTAINER: 4, Needs.DOCKER: 0})


async def test_runs_that_are_paused_cancelled_or_finished_want_nothing(ledger: LedgerHarness) -> None:
    paused, cancelled = await ledger.submit(samples=3), await ledger.submit(samples=4)
    assert await count(ledger) == 7
    await ledger.control.pause(paused.run_id)
    assert await count(ledger) == 4
    await ledger.control.cancel(CancelRun(run_id=cancelled.run_id, grace_seconds=0))
    assert await count(ledger) == 0
    run = await ledger.submit(samples=1)
    tickets = await ledger.start_attempts(run)
    assert await count(ledger) == 1, "it is under way"
    await ledger.report_executed(*tickets)
    assert await count(ledger) == 0
    assert (await wanted(ledger, stage=Stage.JUDGE)).wanted_slots == 1
    await ledger.grade(*tickets)
    assert (await wanted(ledger, stage=Stage.JUDGE)).wanted_slots == 0


async def test_a_grading_under_way_wants_its_slot(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    tickets = await ledger.start_attempts(run)
    await ledger.report_executed(*tickets)
    await ledger.claim([tickets[0].attempt_id], Stage.JUDGE, "judge")
    assert (await wanted(ledger, stage=Stage.JUDGE)).by_sandbox[Needs.NONE] == 2


async def test_a_run_wants_no_more_than_its_limits_allow(ledger: LedgerHarness) -> None:
    money = await ledger.submit(samples=5, limits=limited(usd(2 * WORST)), partial=True)
    assert await count(ledger) == 2
    first, second = await ledger.start_attempts(money)
    assert await count(ledger) == 2, "both are under way, and the rest waits for their money"
    await ledger.report_executed(first, second, calls=())
    assert await count(ledger) == 2, "what they did not spend is free again"
    await ledger.submit(samples=9, limits=RunLimits(concurrency=4))
    assert await count(ledger) == 6


async def test_a_run_without_money_wants_nothing(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=5, limits=limited(usd(WORST)), partial=True)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, calls=costs(ticket, WORST))
    assert await count(ledger) == 0


async def test_a_provider_at_its_limit_wants_no_more(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=9, provider_concurrency=3)
    assert await count(ledger) == 3
    assert len(await ledger.start_attempts(run)) == 3
    assert await count(ledger) == 3


async def test_a_model_that_is_unavailable_wants_no_more_than_is_under_way(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=8, models=("oracle", "nop"))
    assert await count(ledger) == 16
    started = await ledger.start_attempts(run, slots=4)
    down = Outage(model="oracle", reason="oracle is unavailable: 503")
    await ledger.attempts.heartbeat(Heartbeat(worker_id="runner", stage=Stage.RUN, slots=4, outages=(down,)))
    of_model = [ticket for ticket in started if ticket.model.name == "oracle"]
    assert await count(ledger) == 8 + len(of_model)


async def test_only_so_many_waiting_attempts_are_counted(
    ledger: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted_slots, "MAX_WAITING", 100)
    for _ in range(3):
        await ledger.submit(samples=200, limits=RunLimits(cost_usd=None))
    assert await count(ledger) == 100


async def test_a_pool_that_orders_do_not_go_to_is_unknown(ledger: LedgerHarness) -> None:
    with pytest.raises(ProblemError) as refused:
        await ledger.wanted_slots.get(GetWantedSlots(pool="gpu"))
    assert refused.value.problem.status == 404
    assert "Orders go to the pool default alone." in refused.value.problem.detail
