"""Cancelling and time limits: answers that were paid for are graded, or kept for a retry."""

from __future__ import annotations

from assay.contracts.attempts import Stage, State
from assay.contracts.facts import AttemptFinished, RunCancelled
from assay.contracts.rpc import CancelRun, ListAttempts, RestartRun
from assay.contracts.runs import CancelGrading, RunStatus, RunView
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.transitions import ANSWER_KEPT
from tests.ledger.harness import LedgerHarness


async def outcomes(ledger: LedgerHarness, run: RunView) -> dict[Outcome, int]:
    return dict((await ledger.runs.get(run.run_id)).progress.outcomes)


async def status(ledger: LedgerHarness, run: RunView) -> RunStatus:
    return (await ledger.runs.get(run.run_id)).status


async def test_answers_of_a_cancelled_run_are_graded_before_it_ends(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4)
    executed, grading, _ = await ledger.start_attempts(run, slots=2)
    await ledger.report_executed(executed, grading)
    (claimed,) = (await ledger.claim([grading.attempt_id], Stage.JUDGE, "judge")).granted
    await ledger.control.cancel(CancelRun(run_id=run.run_id, grace_seconds=0))
    await ledger.expire_grace()
    assert await status(ledger, run) is RunStatus.CANCELLING
    assert await outcomes(ledger, run) == {Outcome.CANCELLED: 2}
    await ledger.grade(executed)
    assert await status(ledger, run) is RunStatus.CANCELLING
    await ledger.grade(claimed, outcome=Outcome.FAILED)
    assert await status(ledger, run) is RunStatus.CANCELLED
    assert await outcomes(ledger, run) == {Outcome.PASSED: 1, Outcome.FAILED: 1, Outcome.CANCELLED: 2}
    last = [type(event.data) for event in await ledger.events(run.run_id)][-2:]
    assert last == [AttemptFinished, RunCancelled]


async def test_an_answer_that_comes_within_the_grace_period_is_graded(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    await ledger.report_executed(ticket)
    await ledger.expire_grace()
    await ledger.grade(ticket)
    assert await status(ledger, run) is RunStatus.CANCELLED
    assert await outcomes(ledger, run) == {Outcome.PASSED: 1}


async def test_answers_of_a_run_over_its_time_limit_are_graded(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    first, *_ = await ledger.start_attempts(run, slots=1)
    await ledger.report_executed(first)
    await ledger.set_past("runs", "deadline_at", 1)
    await ledger.sweeper.sweep()
    await ledger.expire_grace()
    await ledger.grade(first)
    assert await status(ledger, run) is RunStatus.CANCELLED
    assert await outcomes(ledger, run) == {Outcome.PASSED: 1, Outcome.CANCELLED: 2}


async def test_checks_that_call_a_model_run_after_a_cancellation_only_on_request(ledger: LedgerHarness) -> None:
    kept, graded = [await ledger.submit(samples=1, model_graded=True) for _ in range(2)]
    for run, grading in ((kept, CancelGrading.FREE), (graded, CancelGrading.ALL)):
        (ticket,) = await ledger.start_attempts(run)
        await ledger.report_executed(ticket)
        await ledger.control.cancel(CancelRun(run_id=run.run_id, grading=grading))
    assert await status(ledger, kept) is RunStatus.CANCELLED
    (attempt,) = (await ledger.attempts.page(ListAttempts(run_id=kept.run_id))).items
    assert attempt.outcome is Outcome.CANCELLED and attempt.reason == f"the run was cancelled; {ANSWER_KEPT}"
    (finished,) = [e.data for e in await ledger.events(kept.run_id) if isinstance(e.data, AttemptFinished)]
    assert finished.attempt == attempt
    assert await status(ledger, graded) is RunStatus.CANCELLING and await ledger.table("pending_orders", stage="judge")
    assert not [row for row in await ledger.table("pending_orders") if row["attempt_id"].startswith(kept.run_id)]


async def test_a_grading_by_a_model_that_has_begun_ends_with_the_grace_period(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1, model_graded=True)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.claim([ticket.attempt_id], Stage.JUDGE, "judge")
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    assert await status(ledger, run) is RunStatus.CANCELLING
    await ledger.expire_grace()
    assert await status(ledger, run) is RunStatus.CANCELLED and await outcomes(ledger, run) == {Outcome.CANCELLED: 1}


async def test_gradings_that_no_judge_does_can_be_given_up(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    assert (await ledger.control.cancel(CancelRun(run_id=run.run_id))).status is RunStatus.CANCELLING
    ended = await ledger.control.cancel(CancelRun(run_id=run.run_id, grading=CancelGrading.NONE))
    assert ended.status is RunStatus.CANCELLED


async def test_a_retry_grades_answers_that_were_kept_without_paying_again(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    answered, failed, _ = await ledger.start_attempts(run, slots=2)
    await ledger.report_executed(answered, failed)
    await ledger.control.cancel(CancelRun(run_id=run.run_id, grace_seconds=0, grading=CancelGrading.NONE))
    assert await outcomes(ledger, run) == {Outcome.CANCELLED: 3}

    retry = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert (retry.progress.executed, retry.progress.waiting) == (2, 1)
    items = (await ledger.attempts.page(ListAttempts(run_id=retry.run_id))).items
    assert [item.state for item in items] == [State.EXECUTED, State.EXECUTED, State.WAITING]
    granted = (await ledger.claim([item.attempt_id for item in items[:2]], Stage.JUDGE, "judge")).granted
    assert all(ticket.output is not None for ticket in granted)
    await ledger.grade(*granted)
    graded = await ledger.attempts.get(items[0].attempt_id)
    assert graded.attempt.outcome is Outcome.PASSED and graded.attempt.cost_usd == "0" and not graded.calls
    assert graded.tries[0].cause == f"the answer of attempt {answered.attempt_id}" and graded.artifacts
    view = await ledger.runs.get(retry.run_id)
    assert view.started_at is not None and view.progress.outcomes == {Outcome.PASSED: 2}
    assert len(await ledger.start_attempts(retry)) == 1, "only the attempt without an answer is executed"
    await ledger.audit()


async def test_a_retry_during_the_gradings_of_a_cancelled_run_does_not_execute_again(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    retry = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert retry.progress.executed == 1


async def test_a_retry_grades_answers_that_no_judge_could_grade(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket, outcome=Outcome.INFRA_ERROR)
    assert await outcomes(ledger, run) == {Outcome.INFRA_ERROR: 1}
    retry = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert retry.progress.executed == 1 and retry.progress.waiting == 0
