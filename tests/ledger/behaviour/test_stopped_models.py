"""A model that cannot be called is stopped: the run's other attempts of it end without being executed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from assay.contracts.attempts import Denial, Fault, FaultKind, Stage, State, Ticket
from assay.contracts.facts import AttemptFinished, RunChanged, RunFinished
from assay.contracts.models import CallFault
from assay.contracts.rpc import RestartRun
from assay.contracts.runs import RunStatus, RunView
from assay.contracts.verdicts import Outcome
from services.ledger.runs.rows import FailingModel
from services.ledger.runs.stopped_models import BATCH, EndedTry, add_ends
from tests.contracts.messages import NOW
from tests.ledger.harness import LedgerHarness, executed, judged, limited

BAD, GOOD = "openai/bad", "openai/good"
NO_KEY = "provider 'openai' has no key: set OPENAI_API_KEY in the runner's environment"


def failure(message: str = NO_KEY, kind: str = CallFault.AUTHENTICATION) -> dict[str, Any]:
    """What a runner reports of a try whose model cannot be called."""
    fault = Fault(kind=kind, message=message)
    reason = f"{kind}: {message}"
    return {"outcome": Outcome.INFRA_ERROR, "reason": reason, "fault": fault, "output": None, "calls": ()}


async def begin(ledger: LedgerHarness, run: RunView, slots: int = 100) -> list[Ticket]:
    """Tickets of the bad model's attempts that there is room for; those of the others end as passed."""
    tickets = await ledger.start_attempts(run, slots)
    others = [ticket for ticket in tickets if ticket.model.name != BAD]
    await ledger.report_executed(*others)
    await ledger.grade(*others)
    return [ticket for ticket in tickets if ticket.model.name == BAD]


async def fail(ledger: LedgerHarness, *tickets: Ticket, message: str = NO_KEY) -> None:
    """Report one after the other."""
    for ticket in tickets:
        await ledger.report_executed(ticket, **failure(message))


async def outcomes(ledger: LedgerHarness, run: RunView, model: str) -> Counter[str | None]:
    return Counter(row["outcome"] for row in await ledger.table("attempts", run_id=run.run_id, model=model))


async def test_a_model_that_fails_alike_three_times_ends_its_other_attempts_and_no_others(
    ledger: LedgerHarness,
) -> None:
    run = await ledger.submit(samples=20, models=(BAD, GOOD), limits=limited("100"))
    tickets = await begin(ledger, run, slots=6)
    await fail(ledger, *tickets[:2])
    assert (await ledger.runs.get(run.run_id)).stopped_models == ()
    await fail(ledger, tickets[2])
    view = await ledger.runs.get(run.run_id)
    (stopped,) = view.stopped_models
    assert (stopped.model, stopped.fault, stopped.reason) == (BAD, CallFault.AUTHENTICATION, NO_KEY)
    assert "set the provider's key" in stopped.remedy and f"assay runs retry {run.run_id}" in stopped.remedy
    running, bad = {ticket.attempt_id for ticket in tickets[3:]}, set[str]()
    for row in await ledger.table("attempts", run_id=run.run_id, model=BAD):
        bad.add(row["attempt_id"])
        if row["attempt_id"] in running:
            assert row["state"] == State.RUNNING
        else:
            assert (row["outcome"], row["reason"]) == ("infra_error", f"authentication: {NO_KEY}")
            assert (row["cost_nanousd"], row["held_nanousd"]) == (0, 0)
    assert not {row["attempt_id"] for row in await ledger.table("pending_orders")} & bad
    assert view.status is RunStatus.RUNNING
    await fail(ledger, *tickets[3:])
    while (view := await ledger.runs.get(run.run_id)).status is RunStatus.RUNNING:
        assert not await begin(ledger, run), "no attempt of the stopped model is queued"
    assert view.status is RunStatus.FINISHED
    assert view.progress.outcomes == {Outcome.PASSED: 20, Outcome.INFRA_ERROR: 20}
    assert view.stopped_models == (stopped,)
    await ledger.audit()


async def test_the_facts_and_the_causes_of_a_stop(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=10, models=(BAD,))
    tickets = await begin(ledger, run, slots=3)
    await fail(ledger, *tickets)
    events = await ledger.events(run.run_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    stops = [event.data for event in events if isinstance(event.data, RunChanged) and event.data.run.stopped_models]
    assert [each.run.stopped_models[0].model for each in stops] == [BAD]
    finished = [event.data.attempt for event in events if isinstance(event.data, AttemptFinished)]
    assert len(finished) == 10
    assert Counter(each.tries for each in finished) == {1: len(tickets), 0: 10 - len(tickets)}
    assert isinstance(events[-1].data, RunFinished) and events[-1].data.run.stopped_models
    (cause,) = (await ledger.runs.causes(run.run_id)).items
    assert (cause.attempts, cause.kind, cause.reason) == (10, "authentication", NO_KEY)
    assert sum(row["errors"] for row in await ledger.table("cells", model=BAD)) == 10
    await ledger.audit()


async def test_a_success_or_another_reason_in_between_starts_the_count_anew(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=12, models=(BAD,), limits=limited("100"))
    tickets = await begin(ledger, run, slots=8)
    await fail(ledger, *tickets[:2])
    await ledger.report_executed(tickets[2])
    await fail(ledger, *tickets[3:5])
    await fail(ledger, tickets[5], message="the provider answered 403: no access")
    await fail(ledger, *tickets[6:8])
    assert (await ledger.runs.get(run.run_id)).stopped_models == ()
    await fail(ledger, tickets[8])
    assert [each.reason for each in (await ledger.runs.get(run.run_id)).stopped_models] == [NO_KEY]
    await ledger.audit()


async def test_sweeps_end_what_is_more_than_a_batch(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=BATCH + 200, models=(BAD,), limits=limited("100"), partial=True)
    await fail(ledger, *(await begin(ledger, run, slots=3)))
    assert (await ledger.runs.get(run.run_id)).progress.waiting > 0
    await ledger.sweeper.sweep()
    assert (await ledger.runs.get(run.run_id)).progress.outcomes == {Outcome.INFRA_ERROR: BATCH + 200}
    await ledger.audit()


async def test_failures_of_one_run_do_not_stop_the_model_in_another(ledger: LedgerHarness) -> None:
    first, second = [await ledger.submit(samples=5, models=(BAD,), limits=limited("100")) for _ in range(2)]
    one, other = await begin(ledger, first), await begin(ledger, second)
    await ledger.report_executed(*one[:2], *other[:2], **failure())
    assert not (await ledger.runs.get(first.run_id)).stopped_models
    assert not (await ledger.runs.get(second.run_id)).stopped_models
    await ledger.report_executed(one[2], **failure())
    assert (await ledger.runs.get(first.run_id)).stopped_models
    assert not (await ledger.runs.get(second.run_id)).stopped_models


async def test_a_repeated_or_late_report_is_not_counted(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=6, models=(BAD,), limits=limited("100"))
    first, late, *_ = await begin(ledger, run, slots=2)
    await ledger.supersede(late.attempt_id)
    for _ in range(3):
        await ledger.report_executed(first, **failure())
    await ledger.report_executed(late, **failure())
    (row,) = await ledger.table("runs", run_id=run.run_id)
    assert '"failures":1' in row["failing_models"].replace(" ", "")


async def test_an_order_of_a_stopped_model_is_refused(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=6, models=(BAD,), limits=limited("100"))
    await ledger.add_runner(6)
    await ledger.scheduler.schedule()
    queued = [row["attempt_id"] for row in await ledger.table("attempts", state="queued")]
    tokens = await ledger.tokens(queued)
    tickets = (await ledger.claim_with(tokens[:3])).granted
    await fail(ledger, *tickets)
    late = await ledger.claim_with(tokens[3:])
    assert (late.granted, {each.reason for each in late.denied}) == ((), {Denial.DONE})
    assert (await ledger.runs.get(run.run_id)).status is RunStatus.FINISHED


async def test_an_attempt_whose_runner_is_lost_after_the_stop_ends_too(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4, models=(BAD,), limits=limited("100"))
    tickets = await begin(ledger, run)
    await fail(ledger, *tickets[:3])
    assert (await ledger.runs.get(run.run_id)).status is RunStatus.RUNNING
    await ledger.expire_leases()
    assert (await ledger.runs.get(run.run_id)).status is RunStatus.FINISHED
    await ledger.rows("UPDATE attempts SET changed_at = now() - interval '1 hour'")
    await ledger.sweeper.sweep()
    assert not await ledger.table("holds", state="held")
    await ledger.audit()


async def test_a_paused_run_keeps_its_attempts_and_resuming_gives_them_another_chance(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=6, models=(BAD, GOOD), limits=limited("100"))
    tickets = await ledger.start_attempts(run, slots=4)
    await ledger.control.pause(run.run_id)
    bad = [ticket for ticket in tickets if ticket.model.name == BAD]
    await fail(ledger, *bad[:3])
    await ledger.sweeper.sweep()
    view = await ledger.runs.get(run.run_id)
    assert (len(view.stopped_models), view.progress.waiting) == (1, 6)
    assert (await ledger.control.resume(run.run_id)).stopped_models == ()
    again = await ledger.start_attempts(run, slots=100)
    assert BAD in {ticket.model.name for ticket in again}


async def test_resuming_does_not_hide_a_stop_whose_attempts_have_ended(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=6, models=(BAD, GOOD), limits=limited("100"))
    await fail(ledger, *(await begin(ledger, run, slots=6))[:3])
    await ledger.control.pause(run.run_id)
    assert [each.model for each in (await ledger.control.resume(run.run_id)).stopped_models] == [BAD]


async def test_a_retry_executes_the_attempts_of_a_stopped_model(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=5, models=(BAD, GOOD), limits=limited("100"))
    tickets = await begin(ledger, run)
    await fail(ledger, *tickets)
    retried = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert (retried.stopped_models, retried.progress.done, retried.progress.waiting) == ((), 5, 5)
    again = await ledger.start_attempts(retried, slots=100)
    await ledger.report_executed(*again)
    await ledger.grade(*again)
    assert (await ledger.runs.get(retried.run_id)).progress.outcomes == {Outcome.PASSED: 10}
    await ledger.audit()


@pytest.mark.parametrize("seed", range(6))
async def test_money_and_counters_agree_after_any_interleaving(ledger: LedgerHarness, seed: int) -> None:
    rng = random.Random(seed)
    run = await ledger.submit(samples=12, models=(BAD, GOOD), limits=limited(rng.choice(("1", "100"))))
    held: list[Ticket] = []
    for _ in range(25):
        await random_step(ledger, run, rng, held)
        await ledger.audit()
    await ledger.control.resume(run.run_id)
    while (view := await ledger.runs.get(run.run_id)).status is not RunStatus.FINISHED:
        await ledger.expire_leases()
        for ticket in await ledger.start_attempts(run, slots=100):
            await ledger.report_executed(ticket, **(failure() if ticket.model.name == BAD else {}))
        await grade_all(ledger, run)
    counted = await outcomes(ledger, run, BAD) + await outcomes(ledger, run, GOOD)
    assert dict(counted) == {outcome.value: number for outcome, number in view.progress.outcomes.items()}
    assert not await ledger.table("pending_orders")
    await ledger.audit()


async def grade_all(ledger: LedgerHarness, run: RunView) -> None:
    rows = await ledger.table("attempts", run_id=run.run_id)
    ungraded = [row["attempt_id"] for row in rows if row["state"] in (State.EXECUTED, State.GRADING)]
    granted = (await ledger.claim(ungraded, Stage.JUDGE, "judge")).granted
    await ledger.reports.judged([judged(ticket) for ticket in granted])


async def random_step(ledger: LedgerHarness, run: RunView, rng: random.Random, held: list[Ticket]) -> None:
    step = rng.choice(("start", "start", "report", "report", "report", "lose", "pause", "resume", "sweep"))
    if step == "start":
        held += await ledger.start_attempts(run, slots=rng.randint(1, 6))
    elif step == "report" and held:
        tickets = [held.pop(rng.randrange(len(held))) for _ in range(rng.randint(1, min(3, len(held))))]
        bad = [ticket for ticket in tickets if ticket.model.name == BAD and rng.random() < 0.9]
        reports = [executed(ticket, **(failure() if ticket in bad else {})) for ticket in tickets]
        await ledger.reports.executed(reports)
    elif step == "lose":
        await ledger.expire_leases()
    elif step == "pause":
        await ledger.control.pause(run.run_id)
    elif step == "resume":
        await ledger.control.resume(run.run_id)
    else:
        await ledger.sweeper.sweep()


def ended(*faults: Fault | None, model: str = BAD) -> list[EndedTry]:
    return [EndedTry("run", model, fault) for fault in faults]


def counts(*faults: Fault | None, model: str = BAD) -> list[int]:
    return [each.failures for each in add_ends((), ended(*faults, model=model), NOW)]


def authentication(message: str = NO_KEY) -> Fault:
    return Fault(kind=CallFault.AUTHENTICATION, message=message)


def test_only_equal_faults_in_a_row_are_counted() -> None:
    configuration = Fault(kind=CallFault.CONFIGURATION, message=NO_KEY)
    assert counts(authentication(), authentication()) == [2]
    assert counts(authentication(), configuration) == [1]
    assert counts(authentication(), None) == []
    assert counts(authentication(), Fault(kind=FaultKind.SANDBOX, message="gone")) == []
    assert counts(authentication(), Fault(kind=CallFault.PROVIDER, message="500"), authentication()) == [1]


def test_ids_of_requests_do_not_distinguish_reasons() -> None:
    message = "the provider answered 401: no such key (request req_{})"
    assert counts(*(authentication(message.format(number)) for number in ("01hq7z5k3m", "01hq7z9p8x"))) == [2]


@pytest.mark.parametrize("model", ["scripted/some", "replay/mine"])
def test_a_missing_stored_response_says_nothing_about_the_others(model: str) -> None:
    missing = Fault(kind=CallFault.CONFIGURATION, message="the script has no response to task 'a', sample '0001'")
    assert counts(missing, missing, missing, model=model) == []


def test_a_stopped_model_stays_as_it_is() -> None:
    stopped = FailingModel(BAD, CallFault.AUTHENTICATION, NO_KEY, 3, NOW)
    assert add_ends((stopped,), ended(None, authentication("another")), NOW) == (stopped,)
