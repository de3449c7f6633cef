"""Run control: pausing, resuming, cancelling with a grace period, restarting, time limits; why a run waits."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from assay.contracts.facts import AttemptRecalled, RunCancelled, RunCancelling, RunPaused, RunResumed, RunStalled
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun, ChangeRun, ListAttempts, RestartRun
from assay.contracts.runs import LimitsChange, RunLimits, RunStatus, WaitReason
from assay.contracts.verdicts import Outcome
from tests.ledger.harness import LedgerHarness, executed, plan


async def kinds(ledger: LedgerHarness, run_id: str) -> list[str]:
    return [event.type for event in await ledger.events(run_id)]


async def counted(ledger: LedgerHarness) -> int:
    """Attempts on the leaderboard."""
    return sum(row["n"] for row in await ledger.table("cells"))


async def test_a_paused_run_starts_nothing_until_it_is_resumed(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4)
    (first, *_) = await ledger.start_attempts(run, slots=1)
    assert len(await ledger.table("attempts", state="running")) == 2
    await ledger.report_executed(first)
    await ledger.scheduler.schedule()
    paused = await ledger.control.pause(run.run_id)
    assert paused.status is RunStatus.PAUSED and paused.progress.queued == 0 and paused.progress.running == 1
    assert await ledger.scheduler.schedule() == 0
    assert await ledger.table("pending_orders", stage="run") == []
    assert (await ledger.control.pause(run.run_id)).sequence == paused.sequence, "pausing twice is pausing once"
    resumed = await ledger.control.resume(run.run_id)
    assert resumed.status is RunStatus.RUNNING
    assert len(await ledger.start_attempts(run)) == 2
    facts = [type(event.data) for event in await ledger.events(run.run_id)]
    assert facts.count(RunPaused) == facts.count(RunResumed) == 1 and AttemptRecalled in facts


async def test_a_paused_run_says_that_it_is_paused(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, limits=RunLimits(concurrency=1))
    await ledger.start_attempts(run)
    waiting = (await ledger.runs.get(run.run_id)).waits
    assert waiting is not None and waiting.reason is WaitReason.CONCURRENCY
    await ledger.control.pause(run.run_id)
    await ledger.scheduler.schedule()
    await ledger.control.change(ChangeRun(run_id=run.run_id, priority=7))
    paused = (await ledger.runs.get(run.run_id)).waits
    assert paused is not None and paused.reason is WaitReason.PAUSED and "runs resume" in paused.detail
    (fact,) = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunPaused)]
    assert fact.run.waits == paused
    assert (await ledger.control.resume(run.run_id)).waits is None


async def test_a_paused_run_finishes_with_its_running_attempts(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.control.pause(run.run_id)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket)
    assert (await ledger.runs.get(run.run_id)).status is RunStatus.FINISHED


async def test_an_order_from_before_the_pause_cannot_be_claimed(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.add_runner(1)
    await ledger.scheduler.schedule()
    stale = await ledger.table("pending_orders")
    await ledger.control.pause(run.run_id)
    claims = await ledger.claim_with([(row["attempt_id"], row["token"]) for row in stale])
    assert claims.granted == () and claims.denied[0].reason == "superseded"


async def test_cancelling_ends_running_attempts_after_the_grace_period(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4)
    first, second, *_ = await ledger.start_attempts(run, slots=2)
    await ledger.control.pause(run.run_id)
    cancelling = await ledger.control.cancel(CancelRun(run_id=run.run_id))
    assert cancelling.status is RunStatus.CANCELLING and cancelling.reason == "the run was cancelled"
    await ledger.report_executed(first)
    await ledger.grade(first)
    assert await ledger.expire_grace() == 0
    ended = await ledger.runs.get(run.run_id)
    assert ended.status is RunStatus.CANCELLED
    assert ended.progress.outcomes == {Outcome.PASSED: 1, Outcome.CANCELLED: 3}
    types = [type(event.data) for event in await ledger.events(run.run_id)]
    assert types.count(RunCancelling) == types.count(RunCancelled) == 1 and types[-1] is RunCancelled
    # The worker learns that its lease is lost; its report only adds to the cost.
    assert (await ledger.heartbeat([second])).lost
    await ledger.report_executed(second)
    assert (await ledger.attempts.get(second.attempt_id)).tries[0].ended == "superseded"


async def test_a_run_of_50_000_attempts_is_submitted_paused_and_cancelled_quickly(ledger: LedgerHarness) -> None:
    started = time.monotonic()
    run = await ledger.submit(samples=50_000, partial=True)
    submitted = time.monotonic()
    await ledger.add_runner(32)
    await ledger.scheduler.schedule()
    fed = time.monotonic()
    await ledger.control.pause(run.run_id)
    paused = time.monotonic()
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    cancelled = time.monotonic()
    assert cancelled - started < 200, "so slow that something is wrong; figures are in bench/README.md"
    print(f"submit {submitted - started:.2f} s, feed {fed - submitted:.3f} s, pause {paused - fed:.3f} s,", end=" ")
    print(f"cancel {cancelled - paused:.3f} s")
    await ledger.sweeper.sweep()
    view = await ledger.runs.get(run.run_id)
    assert view.status is RunStatus.CANCELLED and view.progress.outcomes == {Outcome.CANCELLED: 50_000}


async def test_a_run_over_its_time_limit_is_cancelled_with_the_reason(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, limits=RunLimits(seconds=3600))
    await ledger.start_attempts(run, slots=1)
    begun = await ledger.runs.get(run.run_id)
    assert begun.deadline_at is not None and begun.started_at is not None
    assert (begun.deadline_at - begun.started_at).total_seconds() == 3600
    await ledger.set_past("runs", "deadline_at", 1)
    await ledger.sweeper.sweep()
    assert (await ledger.runs.get(run.run_id)).status is RunStatus.CANCELLING
    await ledger.expire_grace()
    ended = await ledger.runs.get(run.run_id)
    assert ended.status is RunStatus.CANCELLED and "time limit of 3600 s" in ended.reason


async def test_a_stalled_run_is_reported_once_with_the_reason(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    await ledger.scheduler.schedule()
    waiting = await ledger.runs.get(run.run_id)
    assert waiting.waits is not None and waiting.waits.reason is WaitReason.NO_RUNNER
    await ledger.set_past("runs", "progressed_at", 660)
    await ledger.sweeper.sweep()
    await ledger.sweeper.sweep()
    (stalled,) = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunStalled)]
    assert "no runner is alive" in stalled.reason and stalled.seconds > 600
    await ledger.start_attempts(run)
    assert (await ledger.runs.get(run.run_id)).waits is None


async def test_the_caps_of_run_and_provider_hold_back_attempts(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=5, limits=RunLimits(concurrency=2))
    assert len(await ledger.start_attempts(run)) == 2
    waits = (await ledger.runs.get(run.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.CONCURRENCY
    capped = await ledger.submit(samples=5, models=("openai/a",), provider_concurrency=3)
    assert len(await ledger.start_attempts(capped)) == 3
    waits = (await ledger.runs.get(capped.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.PROVIDER


async def test_a_provider_at_its_cap_does_not_hold_back_other_providers(ledger: LedgerHarness) -> None:
    both = plan(samples=200, models=("slow/a", "fast/b"), provider_concurrency=1)
    slow, fast = both.models
    pins = (slow, msgspec.structs.replace(fast, provider_concurrency=0))
    run = await ledger.submit_plan(msgspec.structs.replace(both, models=pins, limits=RunLimits(cost_usd=None)))
    done = 0
    while tickets := [ticket for ticket in await ledger.start_attempts(run, slots=40) if ticket.model.name == "fast/b"]:
        done += len(tickets)
        await ledger.reports.executed([executed(ticket, outcome=Outcome.AGENT_ERROR) for ticket in tickets])
    assert done == 200
    waits = (await ledger.runs.get(run.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.PROVIDER


async def test_a_model_that_is_waited_for_does_not_hold_back_other_models_of_its_provider(
    ledger: LedgerHarness,
) -> None:
    """Its attempts keep running, up to the provider's cap; another model always has its equal part of the cap."""
    waiting = await ledger.submit(samples=9, models=("openai/a",), provider_concurrency=4)
    assert len(await ledger.start_attempts(waiting, slots=40)) == 4
    other = await ledger.submit(samples=9, models=("openai/b",), provider_concurrency=4)
    done = 0
    while tickets := await ledger.start_attempts(other, slots=40):
        assert len(tickets) == 2
        done += len(tickets)
        await ledger.reports.executed([executed(ticket, outcome=Outcome.AGENT_ERROR) for ticket in tickets])
        if done == 8:
            break
    assert len(await ledger.start_attempts(other, slots=40)) == 1
    assert (await ledger.runs.get(waiting.run_id)).progress.running == 4


async def test_concurrent_changes_of_different_limits_do_not_undo_each_other(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, limits=RunLimits(cost_usd="1", seconds=60))
    changes = LimitsChange(cost_usd=None), LimitsChange(seconds=30), LimitsChange(concurrency=2)
    await asyncio.gather(*(ledger.control.change(ChangeRun(run_id=run.run_id, limits_change=each)) for each in changes))
    changed = (await ledger.runs.get(run.run_id)).limits
    assert changed == RunLimits(cost_usd=None, seconds=30, concurrency=2)


async def test_a_small_run_is_not_stuck_behind_a_large_one_and_priority_counts(ledger: LedgerHarness) -> None:
    large, small = await ledger.submit(samples=500), await ledger.submit(samples=4)
    await ledger.add_runner(8)
    await ledger.scheduler.schedule()
    assert await ledger.queued() == {large.run_id: 8, small.run_id: 4}
    urgent = await ledger.submit(samples=500, priority=9)
    await ledger.control.change(ChangeRun(run_id=large.run_id, priority=3))
    await ledger.add_runner(32)
    await ledger.scheduler.schedule()
    queued = await ledger.queued()
    assert (queued[urgent.run_id], queued[large.run_id]) == (33, 11), "44 places are shared three to one"


async def test_a_new_run_catches_up_at_once(ledger: LedgerHarness) -> None:
    large = await ledger.submit(samples=100)
    assert len(await ledger.start_attempts(large, slots=20)) == 30
    late = await ledger.submit(samples=10)
    await ledger.add_runner(40)
    await ledger.scheduler.schedule()
    assert await ledger.queued() == {late.run_id: 10, large.run_id: 20}, "the large one has 30 under way already"


async def test_a_restart_reuses_results_and_repeats_errors(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    good, bad, unfit = await ledger.start_attempts(run)
    await ledger.report_executed(good)
    await ledger.grade(good)
    await ledger.report_executed(bad, outcome=Outcome.INFRA_ERROR)
    await ledger.report_executed(unfit, outcome=Outcome.AGENT_ERROR)
    board = await counted(ledger)
    again = await ledger.runs.restart(RestartRun(run_id=run.run_id, idempotency_key="once"))
    assert again.run_id != run.run_id and again.restarts == run.run_id
    assert (await ledger.runs.restart(RestartRun(run_id=run.run_id, idempotency_key="once"))).run_id == again.run_id
    assert again.progress.reused == 2 and again.progress.waiting == 1
    items = (await ledger.attempts.page(ListAttempts(run_id=again.run_id))).items
    assert [item.reused_from for item in items] == [good.attempt_id, "", unfit.attempt_id]
    assert items[0].outcome is Outcome.PASSED and items[0].cost_usd == "0"
    assert (await ledger.attempts.get(items[0].attempt_id)).verdict is not None
    assert await counted(ledger) == board
    (ticket,) = await ledger.start_attempts(again)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket)
    third = await ledger.submit(samples=3, reuse=True)
    assert third.status is RunStatus.FINISHED and third.progress.reused == 3
    assert await kinds(ledger, third.run_id) == ["run.submitted", "run.finished"]
    items = (await ledger.attempts.page(ListAttempts(run_id=third.run_id))).items
    assert items[0].reused_from == good.attempt_id, "the attempt that produced it, not the one that reused it"
    fresh = await ledger.runs.restart(RestartRun(run_id=run.run_id, fresh=True))
    assert fresh.progress.reused == 0 and fresh.progress.waiting == 3


async def test_changing_an_ended_run_is_refused_with_a_hint_to_restart(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    for change in (ledger.control.pause(run.run_id), ledger.control.change(ChangeRun(run_id=run.run_id, priority=1))):
        with pytest.raises(ProblemError) as refused:
            await change
        assert refused.value.problem.status == 409 and "restart" in refused.value.problem.detail
    with pytest.raises(ProblemError):
        await ledger.control.pause("nowhere")
    with pytest.raises(ProblemError):
        await ledger.runs.restart(RestartRun(run_id="nowhere"))
