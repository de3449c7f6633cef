"""Run control: pausing, resuming, cancelling with grace, restarting; what time ends; why a run waits."""

from __future__ import annotations

import time

import msgspec
import pytest

from assay.contracts.facts import AttemptRecalled, RunCancelled, RunCancelling, RunPaused, RunResumed, RunStalled
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun, ChangeRun, ListAttempts, RestartRun
from assay.contracts.runs import RunLimits, RunStatus, WaitReason
from assay.contracts.verdicts import Outcome
from tests.ledger.desk import Desk, executed, plan


async def kinds(desk: Desk, run_id: str) -> list[str]:
    return [event.type for event in await desk.events(run_id)]


async def counted(desk: Desk) -> int:
    """Attempts on the leaderboard."""
    return sum(row["n"] for row in await desk.table("cells"))


async def test_a_paused_run_begins_nothing_and_goes_on_when_resumed(desk: Desk) -> None:
    run = await desk.submit(samples=4)
    (first, *_) = await desk.start(run, slots=1)
    assert len(await desk.table("attempts", state="running")) == 2
    await desk.hand_in(first)
    await desk.feeder.feed()
    paused = await desk.control.pause(run.run_id)
    assert paused.status is RunStatus.PAUSED and paused.progress.queued == 0 and paused.progress.running == 1
    assert await desk.feeder.feed() == 0
    assert await desk.table("pending_orders", stage="run") == []
    assert (await desk.control.pause(run.run_id)).sequence == paused.sequence, "pausing twice is pausing once"
    resumed = await desk.control.resume(run.run_id)
    assert resumed.status is RunStatus.RUNNING
    assert len(await desk.start(run)) == 2
    facts = [type(event.data) for event in await desk.events(run.run_id)]
    assert facts.count(RunPaused) == facts.count(RunResumed) == 1 and AttemptRecalled in facts


async def test_a_paused_run_is_finished_by_what_was_under_way(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.control.pause(run.run_id)
    await desk.hand_in(ticket)
    await desk.judge(ticket)
    assert (await desk.runs.get(run.run_id)).status is RunStatus.FINISHED


async def test_an_order_that_came_before_the_pause_is_worth_nothing_after_it(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    await desk.hire(1)
    await desk.feeder.feed()
    stale = await desk.table("pending_orders")
    await desk.control.pause(run.run_id)
    claims = await desk.claim_with([(row["attempt_id"], row["token"]) for row in stale])
    assert claims.granted == () and claims.denied[0].reason == "superseded"


async def test_cancelling_leaves_what_is_under_way_its_grace_and_then_ends_it(desk: Desk) -> None:
    run = await desk.submit(samples=4)
    first, second, *_ = await desk.start(run, slots=2)
    await desk.control.pause(run.run_id)
    cancelling = await desk.control.cancel(CancelRun(run_id=run.run_id))
    assert cancelling.status is RunStatus.CANCELLING and cancelling.reason == "the run was cancelled"
    await desk.hand_in(first)
    await desk.judge(first)
    assert await desk.expire_grace() == 0
    ended = await desk.runs.get(run.run_id)
    assert ended.status is RunStatus.CANCELLED
    assert ended.progress.outcomes == {Outcome.PASSED: 1, Outcome.CANCELLED: 3}
    types = [type(event.data) for event in await desk.events(run.run_id)]
    assert types.count(RunCancelling) == types.count(RunCancelled) == 1 and types[-1] is RunCancelled
    # The worker hears that its lease is lost, and what it has to say still counts as money.
    assert (await desk.beat([second])).lost
    await desk.hand_in(second)
    assert (await desk.attempts.get(second.attempt_id)).tries[0].ended == "superseded"


async def test_a_run_of_50_000_is_submitted_paused_and_cancelled_at_once(desk: Desk) -> None:
    started = time.monotonic()
    run = await desk.submit(samples=50_000, partial=True)
    submitted = time.monotonic()
    await desk.hire(32)
    await desk.feeder.feed()
    fed = time.monotonic()
    await desk.control.pause(run.run_id)
    paused = time.monotonic()
    await desk.control.cancel(CancelRun(run_id=run.run_id))
    cancelled = time.monotonic()
    assert cancelled - started < 200, "so slow that something is wrong; figures are in bench/README.md"
    print(f"submit {submitted - started:.2f} s, feed {fed - submitted:.3f} s, pause {paused - fed:.3f} s,", end=" ")
    print(f"cancel {cancelled - paused:.3f} s")
    await desk.sweeper.sweep()
    view = await desk.runs.get(run.run_id)
    assert view.status is RunStatus.CANCELLED and view.progress.outcomes == {Outcome.CANCELLED: 50_000}


async def test_a_run_over_its_time_limit_is_ended_and_says_so(desk: Desk) -> None:
    run = await desk.submit(samples=2, limits=RunLimits(seconds=3600))
    await desk.start(run, slots=1)
    begun = await desk.runs.get(run.run_id)
    assert begun.deadline_at is not None and begun.started_at is not None
    assert (begun.deadline_at - begun.started_at).total_seconds() == 3600
    await desk.past("runs", "deadline_at", 1)
    await desk.sweeper.sweep()
    assert (await desk.runs.get(run.run_id)).status is RunStatus.CANCELLING
    await desk.expire_grace()
    ended = await desk.runs.get(run.run_id)
    assert ended.status is RunStatus.CANCELLED and "time limit of 3600 s" in ended.reason


async def test_a_run_that_stands_still_says_so_once_and_why(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    await desk.feeder.feed()
    waiting = await desk.runs.get(run.run_id)
    assert waiting.waits is not None and waiting.waits.reason is WaitReason.NO_RUNNER
    await desk.past("runs", "progressed_at", 660)
    await desk.sweeper.sweep()
    await desk.sweeper.sweep()
    (stalled,) = [event.data for event in await desk.events(run.run_id) if isinstance(event.data, RunStalled)]
    assert "no runner is alive" in stalled.reason and stalled.seconds > 600
    await desk.start(run)
    assert (await desk.runs.get(run.run_id)).waits is None


async def test_the_runs_own_cap_and_the_providers_hold_back_the_rest(desk: Desk) -> None:
    run = await desk.submit(samples=5, limits=RunLimits(concurrency=2))
    assert len(await desk.start(run)) == 2
    waits = (await desk.runs.get(run.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.CONCURRENCY
    capped = await desk.submit(samples=5, models=("openai/a",), provider_concurrency=3)
    assert len(await desk.start(capped)) == 3
    waits = (await desk.runs.get(capped.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.PROVIDER


async def test_a_provider_that_takes_no_more_does_not_hide_the_others(desk: Desk) -> None:
    both = plan(samples=200, models=("slow/a", "fast/b"), provider_concurrency=1)
    slow, fast = both.models
    pins = (slow, msgspec.structs.replace(fast, provider_concurrency=0))
    run = await desk.submit_plan(msgspec.structs.replace(both, models=pins, limits=RunLimits(cost_usd=None)))
    done = 0
    while tickets := [ticket for ticket in await desk.start(run, slots=40) if ticket.model.name == "fast/b"]:
        done += len(tickets)
        await desk.reports.executed([executed(ticket, outcome=Outcome.AGENT_ERROR) for ticket in tickets])
    assert done == 200
    waits = (await desk.runs.get(run.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.PROVIDER


async def test_a_small_run_is_not_stuck_behind_a_large_one_and_priority_counts(desk: Desk) -> None:
    large, small = await desk.submit(samples=500), await desk.submit(samples=4)
    await desk.hire(8)
    await desk.feeder.feed()
    assert await desk.queued() == {large.run_id: 8, small.run_id: 4}
    urgent = await desk.submit(samples=500, priority=9)
    await desk.control.change(ChangeRun(run_id=large.run_id, priority=3))
    await desk.hire(32)
    await desk.feeder.feed()
    queued = await desk.queued()
    assert (queued[urgent.run_id], queued[large.run_id]) == (33, 11), "44 places, shared three to one"


async def test_a_run_that_has_just_come_catches_up_at_once(desk: Desk) -> None:
    large = await desk.submit(samples=100)
    assert len(await desk.start(large, slots=20)) == 30
    late = await desk.submit(samples=10)
    await desk.hire(40)
    await desk.feeder.feed()
    assert await desk.queued() == {late.run_id: 10, large.run_id: 20}, "the large one has 30 under way already"


async def test_a_restart_takes_over_what_is_done_and_makes_the_errors_again(desk: Desk) -> None:
    run = await desk.submit(samples=3)
    good, bad, unfit = await desk.start(run)
    await desk.hand_in(good)
    await desk.judge(good)
    await desk.hand_in(bad, outcome=Outcome.INFRA_ERROR)
    await desk.hand_in(unfit, outcome=Outcome.AGENT_ERROR)
    board = await counted(desk)
    again = await desk.runs.restart(RestartRun(run_id=run.run_id, idempotency_key="once"))
    assert again.run_id != run.run_id and again.restarts == run.run_id
    assert (await desk.runs.restart(RestartRun(run_id=run.run_id, idempotency_key="once"))).run_id == again.run_id
    assert again.progress.reused == 2 and again.progress.waiting == 1
    items = (await desk.attempts.page(ListAttempts(run_id=again.run_id))).items
    assert [item.reused_from for item in items] == [good.attempt_id, "", unfit.attempt_id]
    assert items[0].outcome is Outcome.PASSED and items[0].cost_usd == "0"
    assert (await desk.attempts.get(items[0].attempt_id)).verdict is not None
    assert await counted(desk) == board
    (ticket,) = await desk.start(again)
    await desk.hand_in(ticket)
    await desk.judge(ticket)
    third = await desk.runs.restart(RestartRun(run_id=again.run_id))
    assert third.status is RunStatus.FINISHED and third.progress.reused == 3
    assert await kinds(desk, third.run_id) == ["run.submitted", "run.finished"]
    items = (await desk.attempts.page(ListAttempts(run_id=third.run_id))).items
    assert items[0].reused_from == good.attempt_id, "the one that made it, not the one that took it over"
    fresh = await desk.runs.restart(RestartRun(run_id=run.run_id, fresh=True))
    assert fresh.progress.reused == 0 and fresh.progress.waiting == 3


async def test_a_run_that_has_ended_cannot_be_changed_and_the_answer_says_what_can(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    await desk.control.cancel(CancelRun(run_id=run.run_id))
    for change in (desk.control.pause(run.run_id), desk.control.change(ChangeRun(run_id=run.run_id, priority=1))):
        with pytest.raises(ProblemError) as refused:
            await change
        assert refused.value.problem.status == 409 and "restart" in refused.value.problem.detail
    with pytest.raises(ProblemError):
        await desk.control.pause("nowhere")
    with pytest.raises(ProblemError):
        await desk.runs.restart(RestartRun(run_id="nowhere"))
