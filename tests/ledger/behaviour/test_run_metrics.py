"""Metrics of a run over all samples: means of attempts, and metrics of whole sets of answers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scipy.stats import spearmanr
from sklearn.metrics import f1_score, matthews_corrcoef

from assay.contracts.attempts import Ticket
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CheckReview, GetBoard, ReviewAttempt
from assay.contracts.run_metrics import MAX_METRIC, Mean, Prediction, SetKind, TaskMetrics
from assay.contracts.runs import RunView
from assay.contracts.verdicts import CheckResult, Outcome, Verdict, verdict_of
from tests.ledger.behaviour.test_revisions import regrade
from tests.ledger.harness import LedgerHarness, judged

MOOD = CheckResult(name="mood", kind="classification", passed=True, score=1.0)
SIZE = CheckResult(name="size", kind="regression", passed=True, score=1.0)


def verdict(check: CheckResult, **metrics: float) -> Verdict:
    return verdict_of([check], 1.0, metrics)


async def graded(
    ledger: LedgerHarness, check: CheckResult, predictions: Sequence[Prediction]
) -> tuple[RunView, tuple[Ticket, ...]]:
    run = await ledger.submit(samples=len(predictions))
    tickets = await ledger.start_attempts(run)
    await ledger.report_executed(*tickets)
    for ticket, prediction in zip(tickets, predictions, strict=True):
        await ledger.grade(ticket, verdict=verdict(check), predictions={check.name: prediction})
    return run, tickets


async def only_item(ledger: LedgerHarness, run: RunView) -> TaskMetrics:
    (item,) = (await ledger.runs.metrics(run.run_id)).items
    return item


def labels(*pairs: tuple[str, str | None]) -> list[Prediction]:
    return [Prediction(expected=expected, predicted=predicted) for expected, predicted in pairs]


async def test_labels_have_the_metrics_of_a_classification_and_unreadable_ones_are_wrong(ledger: LedgerHarness) -> None:
    pairs = (("good", "good"), ("good", "bad"), ("bad", "bad"), ("bad", None), ("good", "good"))
    run, _ = await graded(ledger, MOOD, labels(*pairs))
    item = await only_item(ledger, run)
    assert (item.model, item.task_id, item.n, item.means) == ("oracle", "sums", 5, {})
    (found,) = item.sets
    assert (found.check, found.kind, found.n, found.unreadable) == ("mood", SetKind.CLASSIFICATION, 5, 1)
    true, answered = [pair[0] for pair in pairs], [pair[1] or "none" for pair in pairs]
    assert found.metrics["accuracy"] == pytest.approx(3 / 5, abs=1e-12)
    f1 = f1_score(true, answered, labels=["bad", "good"], average="macro")
    assert found.metrics["f1"] == pytest.approx(f1, abs=1e-12)
    assert found.metrics["matthews"] == pytest.approx(matthews_corrcoef(true, answered), abs=1e-12)


async def test_numbers_have_the_metrics_of_a_regression_without_unreadable_ones(ledger: LedgerHarness) -> None:
    pairs = ((1.0, 1.5), (2.0, 1.0), (3.0, None), (4.0, 9.0), (5.0, 8.0))
    run, _ = await graded(ledger, SIZE, [Prediction(expected=true, predicted=answered) for true, answered in pairs])
    (found,) = (await only_item(ledger, run)).sets
    assert (found.kind, found.n, found.unreadable) == (SetKind.REGRESSION, 5, 1)
    rank = spearmanr([1.0, 2.0, 4.0, 5.0], [1.5, 1.0, 9.0, 8.0])[0]
    assert found.metrics["spearman"] == pytest.approx(rank, abs=1e-12)
    assert found.metrics["mean_absolute_error"] == pytest.approx((0.5 + 1 + 5 + 3) / 4, abs=1e-12)


async def test_numbers_of_any_size_have_finite_metrics(ledger: LedgerHarness) -> None:
    run, _ = await graded(ledger, SIZE, [Prediction(expected=-1e308, predicted=1e308) for _ in range(3)])
    (found,) = (await only_item(ledger, run)).sets
    assert found.metrics["mean_absolute_error"] == pytest.approx(MAX_METRIC)


async def test_nothing_readable_has_no_metrics(ledger: LedgerHarness) -> None:
    run, _ = await graded(ledger, SIZE, [Prediction(expected=1.0), Prediction(expected=2.0)])
    (found,) = (await only_item(ledger, run)).sets
    assert (found.n, found.unreadable, found.metrics) == (2, 2, {})


async def test_means_are_over_the_attempts_that_count(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    first, second, third = await ledger.start_attempts(run)
    await ledger.report_executed(first, second, third)
    await ledger.grade(first, verdict=verdict(SIZE, ok=1.0, abs_err=0.5))
    await ledger.grade(second, verdict=verdict(SIZE, ok=0.0))
    await ledger.grade(third, outcome=Outcome.INFRA_ERROR)
    item = await only_item(ledger, run)
    assert (item.n, item.means) == (2, {"ok": Mean(value=0.5, n=2), "abs_err": Mean(value=0.5, n=1)})


async def test_metrics_follow_regrades_and_reviews_change_no_answers(ledger: LedgerHarness) -> None:
    run, (first, _) = await graded(ledger, MOOD, labels(("good", "bad"), ("bad", "bad")))
    assert (await only_item(ledger, run)).sets[0].metrics["accuracy"] == 0.5
    _, tickets = await regrade(ledger, run)
    new = Prediction(expected="good", predicted="good")
    reread = verdict_of([CheckResult(name="mood", kind="classification", passed=True, score=0.9)], 0.5, {})
    await ledger.reports.judged([judged(tickets[0], verdict=reread, predictions={"mood": new})])
    assert (await only_item(ledger, run)).sets[0].metrics["accuracy"] == 1.0
    review = CheckReview(check="mood", score=0.2, comment="no")
    await ledger.reviews.review(ReviewAttempt(attempt_id=first.attempt_id, reviewer="Ada", reviews=(review,)))
    assert (await only_item(ledger, run)).sets[0].metrics["accuracy"] == 1.0


async def test_predictions_of_checks_that_the_task_no_longer_has_are_left_out(ledger: LedgerHarness) -> None:
    run, _ = await graded(
        ledger,
        MOOD,
        labels(
            ("good", "bad"),
        ),
    )
    _, (ticket,) = await regrade(ledger, run)
    await ledger.reports.judged([judged(ticket, verdict=verdict(SIZE, ok=1.0))])
    assert (await only_item(ledger, run)).sets == ()


async def test_a_run_that_reuses_results_has_their_metrics(ledger: LedgerHarness) -> None:
    run, _ = await graded(ledger, MOOD, labels(("good", "good"), ("bad", "good")))
    second = await ledger.submit(samples=2, reuse=True)
    assert second.progress.reused == 2
    assert (await only_item(ledger, second)).sets == (await only_item(ledger, run)).sets


async def test_errors_of_any_size_leave_a_leaderboard_that_can_be_read(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    tickets = await ledger.start_attempts(run)
    await ledger.report_executed(*tickets)
    for ticket, error in zip(tickets, (MAX_METRIC, MAX_METRIC, 1.0), strict=True):
        await ledger.grade(ticket, verdict=verdict(SIZE, abs_err=error))
    mean = pytest.approx(MAX_METRIC * 2 / 3)
    assert (await only_item(ledger, run)).means["abs_err"].value == mean
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    assert row.metrics == {"sums.abs_err": mean}
    detail = await ledger.attempts.get(tickets[0].attempt_id)
    assert detail.verdict is not None and detail.verdict.metrics == {"abs_err": MAX_METRIC}


async def test_an_unknown_run_is_named(ledger: LedgerHarness) -> None:
    with pytest.raises(ProblemError) as unknown:
        await ledger.runs.metrics("nothing")
    assert unknown.value.problem.code == "unknown_run"
    run = await ledger.submit()
    assert (await ledger.runs.metrics(run.run_id)).items == ()
