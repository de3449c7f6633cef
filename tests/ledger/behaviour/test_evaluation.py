"""The ledger keeps each attempt's score components beside its verdict, and computes them again when that is revised."""

from __future__ import annotations

import pytest
from msgspec import structs

from assay.contracts.attempts import Stage
from assay.contracts.evaluation import (
    Bounds,
    Evaluation,
    EvaluationBounds,
    EvaluationSpec,
    EvaluationWeights,
    Measurements,
    evaluate,
    with_score,
)
from assay.contracts.rpc import CheckReview, RegradeRun, ReviewAttempt
from assay.contracts.verdicts import CheckResult, Outcome, Verdict, verdict_of
from tests.ledger.harness import LedgerHarness, executed, judged

SPEC = EvaluationSpec(weights=EvaluationWeights(quality=3, time=1), bounds=EvaluationBounds(time=Bounds(zero=10)))
OPEN = CheckResult(name="rubric", kind="rubric", passed=False, score=0.0, needs_review=True)
UNDECIDED = verdict_of([OPEN], 0.5, {})


def evaluation(score: float, *, decided: bool = True) -> Evaluation:
    return evaluate(SPEC, Measurements(score=score, duration_seconds=5), decided=decided)


async def stored(ledger: LedgerHarness, attempt_id: str) -> Evaluation | None:
    return (await ledger.attempts.get(attempt_id)).evaluation


async def test_a_graded_attempt_keeps_what_the_judge_reported(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    assert await stored(ledger, ticket.attempt_id) is None
    await ledger.grade(ticket, evaluation=evaluation(1.0))
    assert await stored(ledger, ticket.attempt_id) == evaluation(1.0)
    await ledger.audit()


async def test_an_attempt_that_ended_without_grading_keeps_what_the_runner_reported(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    late = executed(ticket, outcome=Outcome.TIMEOUT, evaluation=evaluation(0.0), output=None)
    await ledger.reports.executed([late])
    assert await stored(ledger, ticket.attempt_id) == evaluation(0.0)


async def test_a_lost_try_has_no_evaluation(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket, outcome=Outcome.INFRA_ERROR)
    assert await stored(ledger, ticket.attempt_id) is None


async def test_a_review_changes_the_quality_and_decides_the_ultimate_score(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket, verdict=UNDECIDED, evaluation=evaluation(0.0, decided=False))
    undecided = await stored(ledger, ticket.attempt_id)
    assert undecided and undecided.ultimate is None
    reviews = (CheckReview(check="rubric", score=0.8),)
    await ledger.reviews.review(ReviewAttempt(attempt_id=ticket.attempt_id, reviewer="Ada", reviews=reviews))
    decided = await stored(ledger, ticket.attempt_id)
    assert decided and decided == with_score(undecided, 0.8)
    assert decided.ultimate == pytest.approx(10 * (3 * 0.8 + 0.5) / 4)


async def test_grading_again_changes_the_quality_and_keeps_what_was_measured(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    await ledger.grade(ticket, evaluation=evaluation(1.0))
    again = await ledger.runs.regrade(RegradeRun(run_id=run.run_id))
    (grading,) = (await ledger.claim([f"{again.run_id}-1"], Stage.JUDGE, "judge")).granted
    other = evaluate(SPEC, Measurements(score=0.5, duration_seconds=9))
    worse = Verdict(outcome=Outcome.FAILED, score=0.5)
    await ledger.reports.judged([structs.replace(judged(grading), verdict=worse, evaluation=other)])
    assert await stored(ledger, ticket.attempt_id) == evaluation(0.5)
    assert await stored(ledger, grading.attempt_id) == other
