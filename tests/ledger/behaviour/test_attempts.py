"""An attempt's life: scheduled, claimed, executed, graded, and what can go wrong on the way."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from assay.contracts import subjects
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Denial, Fault, Stage, State
from assay.contracts.facts import AttemptFinished, AttemptRequeued, Event
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Claim, ClaimAttempts, GetBoard, Heartbeat, ListFacts
from assay.contracts.runs import RunLimits, RunStatus
from assay.contracts.verdicts import Outcome
from services.ledger.errors import Contradiction
from services.ledger.outbox.outbox_store import MAX_GRADING_ORDERS
from tests.ledger.harness import REF, LedgerHarness, call, executed, judged

LOST = Fault(kind="sandbox", message="the sandbox broke", new_try=True)


async def test_a_run_goes_from_submitted_to_finished_with_facts_in_an_unbroken_sequence(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    tickets = await ledger.start_attempts(run)
    await ledger.report_executed(*tickets)
    await ledger.grade(*tickets)
    done = await ledger.runs.get(run.run_id)
    assert done.status is RunStatus.FINISHED and done.finished_at is not None
    assert done.progress.outcomes == {Outcome.PASSED: 2}
    events = await ledger.events(run.run_id)
    assert [event.sequence for event in events] == list(range(1, done.sequence + 1))
    assert [event.type for event in events] == [
        "run.submitted",
        *["attempt.queued"] * 2,
        "run.started",
        *["attempt.started"] * 2,
        *["attempt.handed_in"] * 2,
        *["attempt.grading"] * 2,
        *["attempt.finished"] * 2,
        "run.finished",
    ]


async def test_the_scheduler_queues_one_and_a_half_times_the_slots_and_shares_them(
    ledger: LedgerHarness,
) -> None:
    large, small = await ledger.submit(samples=50), await ledger.submit(samples=3)
    assert await ledger.scheduler.schedule() == 0  # there is no worker
    await ledger.add_runner(slots=4)
    assert await ledger.scheduler.schedule() == 6
    assert await ledger.scheduler.schedule() == 0
    assert await ledger.queued() == {large.run_id: 3, small.run_id: 3}


async def test_a_late_run_gets_its_share_by_urgent_orders_until_they_are_repeated(
    ledger: LedgerHarness,
) -> None:
    await ledger.submit(samples=50)
    await ledger.add_runner(slots=4)
    assert await ledger.scheduler.schedule() == 6
    late = await ledger.submit(samples=3)
    assert await ledger.scheduler.schedule() == 2
    assert (await ledger.queued())[late.run_id] == 2
    orders = await ledger.outbox.orders()
    urgent = subjects.orders(Stage.RUN, urgent=True)
    assert {order.key[0].rpartition("-")[0] for order in orders if order.envelope.subject == urgent} == {late.run_id}
    assert Counter(order.envelope.subject for order in orders) == {urgent: 2, subjects.orders(Stage.RUN): 6}
    await ledger.outbox.orders_published(orders)
    await ledger.set_past("pending_orders", "published_at", 3600)
    await ledger.sweeper.sweep()
    again = Counter(order.envelope.subject for order in await ledger.outbox.orders())
    assert again == {subjects.orders(Stage.RUN): 8}


async def test_few_gradings_are_ordered_at_once_and_a_small_run_is_not_last(
    ledger: LedgerHarness,
) -> None:
    many = MAX_GRADING_ORDERS + 20
    large, small = await ledger.submit(samples=many, limits=RunLimits(cost_usd="9")), await ledger.submit(samples=2)
    await ledger.report_executed(*await ledger.start_attempts(large, slots=2 * many))
    await ledger.report_executed(*await ledger.start_attempts(small, slots=2 * many))
    orders = await ledger.outbox.orders()
    assert len(orders) == MAX_GRADING_ORDERS
    assert {order.key[0] for order in orders[:4]} == {f"{run.run_id}-{n}" for run in (large, small) for n in (1, 2)}
    await ledger.outbox.orders_published(orders)
    assert await ledger.outbox.orders() == []
    claimed = [order.key[0] for order in orders[:7]]
    assert len((await ledger.claim(claimed, Stage.JUDGE, "judge")).granted) == 7
    assert len(await ledger.outbox.orders()) == 7


async def test_an_unclaimed_order_is_repeated_with_exponential_backoff(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.add_runner(slots=1)
    await ledger.scheduler.schedule()
    for doubled in range(3):
        (order,) = await ledger.outbox.orders()
        await ledger.outbox.orders_published([order])
        for seconds, repeated in ((-20, 0), (10, 1)):
            await ledger.set_past("pending_orders", "published_at", 30 * 2**doubled + seconds)
            await ledger.sweeper.sweep()
            assert len(await ledger.outbox.orders()) == repeated
    assert (await ledger.runs.get(run.run_id)).progress.queued == 1


async def test_an_attempt_is_leased_once_and_the_claim_retires_its_order(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    assert ticket.sample_id == "s0" and ticket.public is not None and ticket.hidden is None
    again = await ledger.claim([ticket.attempt_id], worker_id="other")
    assert [denied.reason for denied in again.denied] == [Denial.LEASED]
    assert await ledger.table("pending_orders") == []
    foreign = Claim(attempt_id="nowhere-1", token=1)
    denied = (await ledger.attempts.claim(ClaimAttempts(worker_id="w", stage=Stage.RUN, claims=(foreign,)))).denied
    assert [each.reason for each in denied] == [Denial.UNKNOWN]


async def test_a_worker_that_lost_the_answer_to_its_claim_can_claim_again(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (first,) = await ledger.start_attempts(run)
    (again,) = (await ledger.claim([first.attempt_id])).granted
    assert msgspec.structs.replace(again, run_seconds_left=first.run_seconds_left) == first
    await ledger.report_executed(again)
    (grading,) = (await ledger.claim([first.attempt_id], Stage.JUDGE, "judge")).granted
    (grading_again,) = (await ledger.claim([first.attempt_id], Stage.JUDGE, "judge")).granted
    assert msgspec.structs.replace(grading_again, run_seconds_left=grading.run_seconds_left) == grading
    assert (await ledger.claim([first.attempt_id], Stage.JUDGE, "other")).granted == ()
    assert (await ledger.attempts.get(first.attempt_id)).attempt.tries == 1
    types = [event.type for event in await ledger.events(run.run_id)]
    assert types.count("attempt.started") == types.count("attempt.grading") == 1


async def test_a_ticket_says_how_long_its_run_may_still_last(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, limits=RunLimits(seconds=300.0))
    first, second = await ledger.start_attempts(run)
    assert first.run_seconds_left is not None and 240 < first.run_seconds_left <= 300
    assert second.run_seconds_left == pytest.approx(first.run_seconds_left, abs=1.0)


async def test_only_a_judges_ticket_has_the_output_and_the_hidden_bundle(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    (granted,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE)).granted
    assert granted.hidden is not None and granted.output is not None and granted.public is None
    assert granted.token == ticket.token


async def test_a_judges_ticket_has_the_result_of_the_try(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    kept, without = await ledger.start_attempts(run)
    result = ArtifactRef(sha256="b" * 64, size_bytes=9)
    await ledger.report_executed(kept, artifacts={"response.txt": REF, "result.json": result})
    await ledger.report_executed(without)
    granted = (await ledger.claim([kept.attempt_id, without.attempt_id], Stage.JUDGE)).granted
    assert {ticket.attempt_id: ticket.result for ticket in granted} == {
        kept.attempt_id: result,
        without.attempt_id: None,
    }


async def test_facts_of_the_run_alone_can_be_listed(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.start_attempts(run)
    every = await ledger.events(run.run_id)
    page = await ledger.history.page(ListFacts(run_id=run.run_id, entity="run", limit=2))
    types = [msgspec.json.decode(text, type=Event).type for text in page.events]
    assert types == [event.type for event in every if event.type.startswith("run.")] == ["run.submitted", "run.started"]
    page = await ledger.history.page(ListFacts(run_id=run.run_id, entity="attempt", after=1))
    assert len(page.events) == len(every) - 2 and page.last_sequence == len(every)


async def test_a_duplicate_report_takes_effect_once(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    report = executed(ticket)
    await ledger.reports.executed([report, report])
    await ledger.reports.executed([report])
    (granted,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await ledger.reports.judged([judged(granted), judged(granted)])
    with pytest.raises(Contradiction, match="different content"):
        await ledger.reports.judged([judged(granted, Outcome.FAILED)])
    done = await ledger.runs.get(run.run_id)
    assert done.progress.cost_usd == "0.000000007"
    assert done.progress.outcomes == {Outcome.PASSED: 1}
    (row,) = (await ledger.leaderboard.read(GetBoard(suite="demo"))).rows
    assert (row.n, row.passed, row.score, row.metrics) == (1, 1, 1.0, {"sums.mean_abs_err": 0.25})


async def test_an_expired_lease_gives_the_attempt_to_another_worker_and_fences_the_first(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (first,) = await ledger.start_attempts(run)
    assert await ledger.expire_leases() == 1
    (second,) = await ledger.start_attempts(run)
    assert second.token == first.token + 1
    await ledger.report_executed(first)  # late: it changes nothing but the cost
    row = (await ledger.attempts.get(first.attempt_id)).attempt
    assert row.state is State.RUNNING and row.cost_usd == "0.000000007"
    await ledger.report_executed(second)
    await ledger.grade(second)
    detail = await ledger.attempts.get(first.attempt_id)
    assert detail.attempt.outcome is Outcome.PASSED and detail.attempt.tries == 2
    assert [each.ended for each in detail.tries] == ["superseded", "executed"]
    assert detail.attempt.cost_usd == "0.000000014" and len(detail.calls) == 2
    requeued = [event.data for event in await ledger.events(run.run_id) if event.type == "attempt.requeued"]
    assert len(requeued) == 1 and isinstance(requeued[0], AttemptRequeued) and "runner" in requeued[0].cause


async def test_leases_that_expired_without_a_leader_are_renewed(ledger: LedgerHarness) -> None:
    tickets = await ledger.start_attempts(await ledger.submit(samples=2))
    await ledger.set_past("attempts", "lease_until", 1)
    assert await ledger.sweeper.renew_leases() == 2
    assert await ledger.sweeper.sweep() == 0
    assert (await ledger.heartbeat(tickets)).lost == ()
    assert await ledger.expire_leases() == 2


async def test_a_worker_learns_which_leases_it_lost(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    kept, lost = await ledger.start_attempts(run)
    await ledger.supersede(lost.attempt_id)
    held = tuple(Claim(attempt_id=t.attempt_id, token=t.token) for t in (kept, lost))
    leases = await ledger.attempts.heartbeat(Heartbeat(worker_id="runner", stage=Stage.RUN, slots=2, leases=held))
    assert [claim.attempt_id for claim in leases.lost] == [lost.attempt_id]


async def test_infrastructure_failure_makes_a_new_try_until_the_tries_are_used_up(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (first,) = await ledger.start_attempts(run)
    await ledger.report_executed(first, outcome=Outcome.INFRA_ERROR, fault=LOST)
    (second,) = await ledger.start_attempts(run)
    await ledger.report_executed(second, outcome=Outcome.INFRA_ERROR, fault=LOST)
    done = await ledger.runs.get(run.run_id)
    assert done.status is RunStatus.FINISHED and done.progress.outcomes == {Outcome.INFRA_ERROR: 1}
    detail = await ledger.attempts.get(first.attempt_id)
    assert detail.attempt.score is None and detail.attempt.reason == "the sandbox broke"
    (row,) = (await ledger.leaderboard.read(GetBoard(suite="demo"))).rows
    assert (row.n, row.errors) == (0, 1)


async def test_a_failure_of_the_model_is_final_and_scores_zero_without_a_judge(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, outcome=Outcome.AGENT_ERROR, reason="no file in the answer")
    last = (await ledger.events(run.run_id))[-2]
    assert isinstance(last.data, AttemptFinished) and last.data.attempt.outcome is Outcome.AGENT_ERROR
    assert last.data.attempt.score == 0 and last.data.verdict is None
    assert await ledger.table("verdicts") == []


async def test_a_dead_judge_is_replaced_and_its_late_verdict_is_rejected(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    (stale,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE)).granted
    assert await ledger.expire_leases() == 1
    assert (await ledger.attempts.get(ticket.attempt_id)).attempt.state is State.GRADING
    (fresh,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await ledger.reports.judged([judged(stale, Outcome.FAILED)])
    await ledger.reports.judged([judged(fresh)])
    assert (await ledger.runs.get(run.run_id)).progress.outcomes == {Outcome.PASSED: 1}
    assert len(await ledger.table("verdicts")) == 1


async def test_a_cost_is_posted_to_all_nested_accounts(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    first, second = await ledger.start_attempts(run)
    await ledger.report_executed(first, calls=(call(first, 100),))
    await ledger.report_executed(second, calls=(call(second, 11),))
    rows = sorted(await ledger.table("accounts"), key=lambda row: row["account"])
    assert [row["posted_nanousd"] for row in rows] == [111, 111, 111]
    assert [row["account"].partition(":")[0] for row in rows] == ["day", "project", "run"]


async def test_the_problem_for_an_unknown_attempt_names_it(ledger: LedgerHarness) -> None:
    with pytest.raises(ProblemError) as refused:
        await ledger.attempts.get("nowhere-1")
    assert refused.value.problem.code == "unknown_attempt"


async def test_a_late_verdict_in_the_same_batch_does_not_replace_the_newer_one(
    ledger: LedgerHarness,
) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    (stale,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await ledger.expire_leases()
    (fresh,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await ledger.reports.judged([judged(fresh), judged(stale, Outcome.FAILED)])
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert detail.attempt.outcome is Outcome.PASSED
    assert detail.verdict is not None and detail.verdict.outcome is Outcome.PASSED
    (verdict,) = await ledger.table("verdicts")
    assert verdict["token"] == fresh.token
