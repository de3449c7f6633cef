"""An attempt's life: fed, claimed, executed, judged, and all that may go wrong on the way."""

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
from services.ledger.memory.rules.outbox import GRADINGS_OUT
from tests.ledger.desk import REF, Desk, call, executed, judged

LOST = Fault(kind="sandbox", message="the sandbox broke", new_try=True)


async def test_a_run_goes_from_submitted_to_finished_with_facts_in_an_unbroken_sequence(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    tickets = await desk.start(run)
    await desk.hand_in(*tickets)
    await desk.judge(*tickets)
    done = await desk.runs.get(run.run_id)
    assert done.status is RunStatus.FINISHED and done.finished_at is not None
    assert done.progress.outcomes == {Outcome.PASSED: 2}
    events = await desk.events(run.run_id)
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


async def test_the_feeder_keeps_half_as_many_orders_more_as_there_are_slots_and_shares_them(desk: Desk) -> None:
    large, small = await desk.submit(samples=50), await desk.submit(samples=3)
    assert await desk.feeder.feed() == 0  # nobody is there to work
    await desk.hire(slots=4)
    assert await desk.feeder.feed() == 6
    assert await desk.feeder.feed() == 0
    assert await desk.queued() == {large.run_id: 3, small.run_id: 3}


async def test_a_run_that_comes_late_gets_its_share_by_urgent_orders_until_they_are_repeated(desk: Desk) -> None:
    await desk.submit(samples=50)
    await desk.hire(slots=4)
    assert await desk.feeder.feed() == 6
    late = await desk.submit(samples=3)
    assert await desk.feeder.feed() == 2
    assert (await desk.queued())[late.run_id] == 2
    orders = await desk.outbox.orders()
    urgent = subjects.orders(Stage.RUN, urgent=True)
    assert {order.key[0].rpartition("-")[0] for order in orders if order.envelope.subject == urgent} == {late.run_id}
    assert Counter(order.envelope.subject for order in orders) == {urgent: 2, subjects.orders(Stage.RUN): 6}
    await desk.outbox.orders_published(orders)
    await desk.past("pending_orders", "published_at", 3600)
    await desk.sweeper.sweep()
    again = Counter(order.envelope.subject for order in await desk.outbox.orders())
    assert again == {subjects.orders(Stage.RUN): 8}


async def test_however_much_waits_for_judges_little_of_it_is_ordered_and_a_small_run_is_not_last(desk: Desk) -> None:
    many = GRADINGS_OUT + 20
    large, small = await desk.submit(samples=many, limits=RunLimits(cost_usd="9")), await desk.submit(samples=2)
    await desk.hand_in(*await desk.start(large, slots=2 * many))
    await desk.hand_in(*await desk.start(small, slots=2 * many))
    orders = await desk.outbox.orders()
    assert len(orders) == GRADINGS_OUT
    assert {order.key[0] for order in orders[:4]} == {f"{run.run_id}-{n}" for run in (large, small) for n in (1, 2)}
    await desk.outbox.orders_published(orders)
    assert await desk.outbox.orders() == []
    claimed = [order.key[0] for order in orders[:7]]
    assert len((await desk.claim(claimed, Stage.JUDGE, "judge")).granted) == 7
    assert len(await desk.outbox.orders()) == 7


async def test_an_order_that_nobody_claims_is_repeated_after_ever_longer_times(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    await desk.hire(slots=1)
    await desk.feeder.feed()
    for doubled in range(3):
        (order,) = await desk.outbox.orders()
        await desk.outbox.orders_published([order])
        for seconds, repeated in ((-20, 0), (10, 1)):
            await desk.past("pending_orders", "published_at", 30 * 2**doubled + seconds)
            await desk.sweeper.sweep()
            assert len(await desk.outbox.orders()) == repeated
    assert (await desk.runs.get(run.run_id)).progress.queued == 1


async def test_an_attempt_is_granted_once_and_the_claim_retires_its_order(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    assert ticket.sample_id == "s0" and ticket.public is not None and ticket.hidden is None
    again = await desk.claim([ticket.attempt_id], worker_id="other")
    assert [denied.reason for denied in again.denied] == [Denial.LEASED]
    assert await desk.table("pending_orders") == []
    foreign = Claim(attempt_id="nowhere-1", token=1)
    denied = (await desk.attempts.claim(ClaimAttempts(worker_id="w", stage=Stage.RUN, claims=(foreign,)))).denied
    assert [each.reason for each in denied] == [Denial.UNKNOWN]


async def test_a_worker_whose_grant_was_lost_on_the_way_is_granted_it_again(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (first,) = await desk.start(run)
    (again,) = (await desk.claim([first.attempt_id])).granted
    assert again == first
    await desk.hand_in(again)
    (grading,) = (await desk.claim([first.attempt_id], Stage.JUDGE, "judge")).granted
    assert (await desk.claim([first.attempt_id], Stage.JUDGE, "judge")).granted == (grading,)
    assert (await desk.claim([first.attempt_id], Stage.JUDGE, "other")).granted == ()
    assert (await desk.attempts.get(first.attempt_id)).attempt.tries == 1
    types = [event.type for event in await desk.events(run.run_id)]
    assert types.count("attempt.started") == types.count("attempt.grading") == 1


async def test_a_judge_is_given_the_output_and_the_hidden_bundle_and_a_runner_never(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket)
    (granted,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE)).granted
    assert granted.hidden is not None and granted.output is not None and granted.public is None
    assert granted.token == ticket.token


async def test_a_judge_is_told_where_the_result_of_the_try_is(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    kept, without = await desk.start(run)
    result = ArtifactRef(sha256="b" * 64, size_bytes=9)
    await desk.hand_in(kept, artifacts={"response.txt": REF, "result.json": result})
    await desk.hand_in(without)
    granted = (await desk.claim([kept.attempt_id, without.attempt_id], Stage.JUDGE)).granted
    assert {ticket.attempt_id: ticket.result for ticket in granted} == {
        kept.attempt_id: result,
        without.attempt_id: None,
    }


async def test_what_became_of_the_run_itself_is_told_alone(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    await desk.start(run)
    every = await desk.events(run.run_id)
    page = await desk.results.history(ListFacts(run_id=run.run_id, entity="run", limit=2))
    told = [msgspec.json.decode(text, type=Event).type for text in page.events]
    assert told == [event.type for event in every if event.type.startswith("run.")] == ["run.submitted", "run.started"]
    page = await desk.results.history(ListFacts(run_id=run.run_id, entity="attempt", after=1))
    assert len(page.events) == len(every) - 2 and page.last_sequence == len(every)


async def test_a_report_that_comes_twice_takes_effect_once(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    report = executed(ticket)
    await desk.reports.executed([report, report])
    await desk.reports.executed([report])
    (granted,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await desk.reports.judged([judged(granted), judged(granted)])
    with pytest.raises(Contradiction, match="another content"):
        await desk.reports.judged([judged(granted, Outcome.FAILED)])
    done = await desk.runs.get(run.run_id)
    assert done.progress.cost_usd == "0.000000007"
    assert done.progress.outcomes == {Outcome.PASSED: 1}
    (row,) = (await desk.results.board(GetBoard(suite="demo"))).rows
    assert (row.n, row.passed, row.score, row.metrics) == (1, 1, 1.0, {"sums.mean_abs_err": 0.25})


async def test_a_lease_that_runs_out_gives_the_attempt_to_another_and_fences_the_first(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (first,) = await desk.start(run)
    assert await desk.expire_leases() == 1
    (second,) = await desk.start(run)
    assert second.token == first.token + 1
    await desk.hand_in(first)  # late: it changes nothing, and its money counts
    row = (await desk.attempts.get(first.attempt_id)).attempt
    assert row.state is State.RUNNING and row.cost_usd == "0.000000007"
    await desk.hand_in(second)
    await desk.judge(second)
    detail = await desk.attempts.get(first.attempt_id)
    assert detail.attempt.outcome is Outcome.PASSED and detail.attempt.tries == 2
    assert [each.ended for each in detail.tries] == ["superseded", "executed"]
    assert detail.attempt.cost_usd == "0.000000014" and len(detail.calls) == 2
    requeued = [event.data for event in await desk.events(run.run_id) if event.type == "attempt.requeued"]
    assert len(requeued) == 1 and isinstance(requeued[0], AttemptRequeued) and "runner" in requeued[0].cause


async def test_leases_that_ran_out_while_nobody_led_begin_anew(desk: Desk) -> None:
    tickets = await desk.start(await desk.submit(samples=2))
    await desk.past("attempts", "lease_until", 1)
    assert await desk.sweeper.renew() == 2
    assert await desk.sweeper.sweep() == 0
    assert (await desk.beat(tickets)).lost == ()
    assert await desk.expire_leases() == 2


async def test_a_worker_learns_which_leases_it_lost(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    kept, lost = await desk.start(run)
    await desk.supersede(lost.attempt_id)
    held = tuple(Claim(attempt_id=t.attempt_id, token=t.token) for t in (kept, lost))
    leases = await desk.attempts.heartbeat(Heartbeat(worker_id="runner", stage=Stage.RUN, slots=2, leases=held))
    assert [claim.attempt_id for claim in leases.lost] == [lost.attempt_id]


async def test_infrastructure_failure_makes_a_new_try_until_the_tries_are_used_up(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (first,) = await desk.start(run)
    await desk.hand_in(first, outcome=Outcome.INFRA_ERROR, fault=LOST)
    (second,) = await desk.start(run)
    await desk.hand_in(second, outcome=Outcome.INFRA_ERROR, fault=LOST)
    done = await desk.runs.get(run.run_id)
    assert done.status is RunStatus.FINISHED and done.progress.outcomes == {Outcome.INFRA_ERROR: 1}
    detail = await desk.attempts.get(first.attempt_id)
    assert detail.attempt.score is None and detail.attempt.reason == "the sandbox broke"
    (row,) = (await desk.results.board(GetBoard(suite="demo"))).rows
    assert (row.n, row.errors) == (0, 1)


async def test_the_models_own_failure_is_final_and_scores_zero_without_a_judge(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket, outcome=Outcome.AGENT_ERROR, reason="no file in the answer")
    last = (await desk.events(run.run_id))[-2]
    assert isinstance(last.data, AttemptFinished) and last.data.attempt.outcome is Outcome.AGENT_ERROR
    assert last.data.attempt.score == 0 and last.data.verdict is None
    assert await desk.table("verdicts") == []


async def test_a_judge_that_dies_is_replaced_and_its_late_verdict_is_refused(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket)
    (stale,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE)).granted
    assert await desk.expire_leases() == 1
    assert (await desk.attempts.get(ticket.attempt_id)).attempt.state is State.GRADING
    (fresh,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await desk.reports.judged([judged(stale, Outcome.FAILED)])
    await desk.reports.judged([judged(fresh)])
    assert (await desk.runs.get(run.run_id)).progress.outcomes == {Outcome.PASSED: 1}
    assert len(await desk.table("verdicts")) == 1


async def test_money_is_on_every_account_it_touches(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    first, second = await desk.start(run)
    await desk.hand_in(first, calls=(call(first, 100),))
    await desk.hand_in(second, calls=(call(second, 11),))
    rows = sorted(await desk.table("accounts"), key=lambda row: row["account"])
    assert [row["posted_nanousd"] for row in rows] == [111, 111, 111]
    assert [row["account"].partition(":")[0] for row in rows] == ["day", "project", "run"]


async def test_an_unknown_attempt_is_a_problem_that_names_it(desk: Desk) -> None:
    with pytest.raises(ProblemError) as refused:
        await desk.attempts.get("nowhere-1")
    assert refused.value.problem.code == "unknown_attempt"


async def test_a_late_verdict_that_comes_together_with_the_newer_one_is_not_stored_for_it(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket)
    (stale,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await desk.expire_leases()
    (fresh,) = (await desk.claim([ticket.attempt_id], Stage.JUDGE)).granted
    await desk.reports.judged([judged(fresh), judged(stale, Outcome.FAILED)])
    detail = await desk.attempts.get(ticket.attempt_id)
    assert detail.attempt.outcome is Outcome.PASSED
    assert detail.verdict is not None and detail.verdict.outcome is Outcome.PASSED
    (verdict,) = await desk.table("verdicts")
    assert verdict["token"] == fresh.token
