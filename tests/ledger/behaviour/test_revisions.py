"""Reviews and later gradings revise verdicts; counters, leaderboard and facts follow, and nothing is overwritten."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from assay.contracts.attempts import Stage, Ticket
from assay.contracts.checks import ReviewCriterion
from assay.contracts.facts import AttemptRevised
from assay.contracts.leaderboard import BoardRow
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    CheckReview,
    GetBoard,
    ListReviews,
    RegradeRun,
    ReviewAttempt,
)
from assay.contracts.runs import RunView
from assay.contracts.verdicts import CheckResult, Outcome, ReviewForm, RevisionSource, Verdict, verdict_of
from services.ledger.runs.regrading import read_changes
from tests.ledger.harness import LedgerHarness, judged

FORM = ReviewForm(
    criteria=(
        ReviewCriterion(id="clear", text="Is it clear?", points=4),
        ReviewCriterion(id="kind", text="Is it kind?"),
    )
)
TESTS = CheckResult(name="tests", kind="tests", passed=True, score=1.0)
OPEN = CheckResult(name="style", kind="review", passed=False, score=0.0, needs_review=True, form=FORM)
UNDECIDED = verdict_of([TESTS, OPEN], 0.7, {"mean_abs_err": 0.5})


async def graded(ledger: LedgerHarness, *verdicts: Verdict, **of_plan: Any) -> tuple[RunView, tuple[Ticket, ...]]:
    """A run with an attempt for each verdict."""
    run = await ledger.submit(samples=len(verdicts), **of_plan)
    tickets = await ledger.start_attempts(run)
    await ledger.report_executed(*tickets)
    for ticket, verdict in zip(tickets, verdicts, strict=True):
        await ledger.grade(ticket, verdict=verdict)
    return await ledger.runs.get(run.run_id), tickets


async def review(ledger: LedgerHarness, attempt_id: str, *reviews: CheckReview, reviewer: str = "Ada") -> None:
    await ledger.reviews.review(ReviewAttempt(attempt_id=attempt_id, reviewer=reviewer, reviews=reviews))


def points(clear: int, kind: int, **more: Any) -> CheckReview:
    return CheckReview(check="style", points={"clear": clear, "kind": kind}, **more)


async def only_row(ledger: LedgerHarness) -> BoardRow:
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    return row


async def test_an_attempt_waits_for_a_reviewer_and_counts_for_nothing_until_then(ledger: LedgerHarness) -> None:
    run, (ticket,) = await graded(ledger, UNDECIDED)
    page = await ledger.reviews.page(ListReviews())
    assert [(item.attempt.attempt_id, item.checks) for item in page.items] == [(ticket.attempt_id, (OPEN,))]
    assert (page.total, page.next_cursor) == (1, "")
    assert (await ledger.reviews.page(ListReviews(run_id="another"))).items == ()
    assert run.progress.outcomes == {Outcome.NEEDS_REVIEW: 1}
    row = await only_row(ledger)
    assert (row.n, row.score) == (0, None)


async def test_a_review_decides_and_everything_follows(ledger: LedgerHarness) -> None:
    run, (ticket,) = await graded(ledger, UNDECIDED)
    await review(ledger, ticket.attempt_id, points(2, 1, comment="short, but friendly"))
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert (detail.attempt.outcome, detail.attempt.score) == (Outcome.PASSED, 0.875)
    assert detail.verdict is not None
    decided = detail.verdict.checks[1]
    assert (decided.passed, decided.score, decided.needs_review) == (True, 0.75, False)
    assert decided.message == "reviewed by Ada: short, but friendly"
    assert [(each.revision, each.source, each.author) for each in detail.revisions] == [
        (0, RevisionSource.JUDGE, "judge"),
        (1, RevisionSource.REVIEW, "Ada"),
    ]
    assert detail.revisions[0].verdict == UNDECIDED
    assert (await ledger.runs.get(run.run_id)).progress.outcomes == {Outcome.PASSED: 1}
    row = await only_row(ledger)
    assert (row.n, row.passed, row.score, row.metrics) == (1, 1, 0.875, {"sums.mean_abs_err": 0.5})
    assert (await ledger.reviews.page(ListReviews())).items == ()
    last = (await ledger.events(run.run_id))[-1]
    assert isinstance(last.data, AttemptRevised)
    assert (last.data.revision, last.data.author, last.data.progress.outcomes) == (1, "Ada", {Outcome.PASSED: 1})
    await ledger.audit()


async def test_a_second_review_supersedes_the_first(ledger: LedgerHarness) -> None:
    run, (ticket,) = await graded(ledger, UNDECIDED)
    await review(ledger, ticket.attempt_id, points(4, 1))
    await review(ledger, ticket.attempt_id, points(0, 0), reviewer="Bo")
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert (detail.attempt.outcome, detail.attempt.score) == (Outcome.FAILED, 0.5)
    assert [each.author for each in detail.revisions] == ["judge", "Ada", "Bo"]
    row = await only_row(ledger)
    assert (row.n, row.passed, row.score) == (1, 0, 0.5)
    await review(ledger, ticket.attempt_id, points(0, 0), reviewer="Bo")
    assert len((await ledger.attempts.get(ticket.attempt_id)).revisions) == 3, "the same verdict is no revision"
    assert (await ledger.runs.get(run.run_id)).progress.outcomes == {Outcome.FAILED: 1}
    await ledger.audit()


async def test_a_check_without_a_form_takes_a_score(ledger: LedgerHarness) -> None:
    unreadable = CheckResult(name="rubric", kind="rubric", passed=False, score=0.0, needs_review=True)
    _, (ticket,) = await graded(ledger, verdict_of([TESTS, unreadable], 1.0, {}))
    await review(ledger, ticket.attempt_id, CheckReview(check="rubric", score=1.0))
    assert (await ledger.attempts.get(ticket.attempt_id)).attempt.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("reviews", "message"),
    [
        (
            (CheckReview(check="stile", score=1.0),),
            "'stile' names none of its checks; the checks are style, tests",
        ),
        ((CheckReview(check="style", score=1.0),), "set 'points' for clear, kind instead of 'score'"),
        ((CheckReview(check="style", points={"clear": 1}),), "lacks points for kind"),
        ((points(5, 1),), "has points out of range: clear (0 to 4)"),
        ((points(-1, 1),), "has points out of range: clear (0 to 4)"),
        ((CheckReview(check="style", points={"clear": 1, "kind": 1, "new": 1}),), "has no criterion new"),
        ((CheckReview(check="tests", points={"clear": 1}),), "set 'score', a number from 0 to 1"),
        ((points(1, 1), CheckReview(check="no", score=1.0)), "names none of its checks"),
    ],
)
async def test_a_review_that_does_not_fit_changes_nothing(
    ledger: LedgerHarness, reviews: tuple[CheckReview, ...], message: str
) -> None:
    _, (ticket,) = await graded(ledger, UNDECIDED)
    with pytest.raises(ProblemError) as refused:
        await review(ledger, ticket.attempt_id, *reviews)
    assert (refused.value.problem.status, refused.value.problem.code) == (422, "invalid_review")
    assert message in refused.value.problem.detail
    assert (await ledger.attempts.get(ticket.attempt_id)).verdict == UNDECIDED


async def test_what_has_no_verdict_cannot_be_reviewed(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    running, ended = await ledger.start_attempts(run)
    await ledger.report_executed(ended, outcome=Outcome.TIMEOUT)
    for ticket, why in ((running, "is running"), (ended, "ended as timeout without being graded")):
        with pytest.raises(ProblemError) as refused:
            await review(ledger, ticket.attempt_id, points(1, 1))
        assert refused.value.problem.status == 409 and why in refused.value.problem.detail
    with pytest.raises(ProblemError) as unknown:
        await review(ledger, "nothing-1", points(1, 1))
    assert unknown.value.problem.code == "unknown_attempt"


async def test_reused_results_are_revised_with_their_source(ledger: LedgerHarness) -> None:
    passing = verdict_of([TESTS], 1.0, {})
    _, (ticket,) = await graded(ledger, passing)
    reusing = await ledger.submit(samples=1, reuse=True)
    assert reusing.progress.outcomes == {Outcome.PASSED: 1}
    await review(ledger, ticket.attempt_id, CheckReview(check="tests", score=0.0, comment="it cheated"))
    assert (await ledger.runs.get(reusing.run_id)).progress.outcomes == {Outcome.FAILED: 1}
    (copy,) = await ledger.table("attempts", run_id=reusing.run_id)
    assert (copy["outcome"], copy["score"]) == ("failed", 0.0)
    await review(ledger, copy["attempt_id"], CheckReview(check="tests", score=1.0))
    assert (await ledger.attempts.get(ticket.attempt_id)).attempt.outcome is Outcome.PASSED
    assert (await only_row(ledger)).n == 1, "the reused result counts once"
    await ledger.audit()


async def test_a_revision_of_an_old_version_of_a_task_does_not_make_it_current(ledger: LedgerHarness) -> None:
    _, (old,) = await graded(ledger, verdict_of([TESTS], 1.0, {}))
    await ledger.rows("UPDATE cells SET task_digest = 'old', updated_at = now() - interval '1 day'")
    await ledger.rows("UPDATE cell_metrics SET task_digest = 'old'")
    await graded(ledger, verdict_of([structs.replace(TESTS, passed=False, score=0.0)], 1.0, {}), suite="other")
    before = await only_row(ledger)
    await review(ledger, old.attempt_id, CheckReview(check="tests", score=0.0))
    assert (await only_row(ledger)).score == before.score == 0.0


# --- grading again


async def regrade(ledger: LedgerHarness, run: RunView, **options: Any) -> tuple[RunView, tuple[Ticket, ...]]:
    again = await ledger.runs.regrade(RegradeRun(run_id=run.run_id, **options))
    ids = [row["attempt_id"] for row in await ledger.table("attempts", run_id=again.run_id)]
    granted = (await ledger.claim(ids, Stage.JUDGE, "judge-2")).granted
    return again, tuple(sorted(granted, key=lambda ticket: int(ticket.attempt_id.rpartition("-")[2])))


async def test_a_regrade_revises_what_changed_without_a_runner(ledger: LedgerHarness) -> None:
    failing = verdict_of([structs.replace(TESTS, passed=False, score=0.0)], 1.0, {})
    run, originals = await graded(ledger, failing, verdict_of([TESTS], 1.0, {}), failing)
    again, tickets = await regrade(ledger, run)
    assert (again.regrades, again.progress.total, again.progress.executed) == (run.run_id, 3, 3)
    assert all(ticket.output is not None for ticket in tickets)
    verdicts = verdict_of([TESTS], 1.0, {"mean_abs_err": 0.1}), verdict_of([TESTS], 1.0, {}), failing
    reports = [judged(ticket, verdict=verdict) for ticket, verdict in zip(tickets, verdicts, strict=True)]
    await ledger.reports.judged(reports)
    await ledger.reports.judged(reports)
    changes = await ledger.runs.changes(again.run_id)
    assert (changes.regrades, changes.unchanged, changes.ungraded, changes.waiting) == (run.run_id, 2, 0, 0)
    (change,) = changes.changed
    assert (change.attempt_id, change.outcome_before, change.outcome) == (originals[0].attempt_id, "failed", "passed")
    async with ledger.database.session() as connection:
        listed = await read_changes(connection, again.run_id, limit=0)
    assert listed is not None and (listed.changed, listed.more, listed.unchanged) == ((), 1, 2)
    detail = await ledger.attempts.get(originals[0].attempt_id)
    assert (detail.attempt.outcome, detail.revisions[-1].by_run) == (Outcome.PASSED, again.run_id)
    assert len((await ledger.attempts.get(originals[1].attempt_id)).revisions) == 0
    assert (await ledger.runs.get(run.run_id)).progress.outcomes == {Outcome.PASSED: 2, Outcome.FAILED: 1}
    row = await only_row(ledger)
    assert (row.n, row.passed, row.last_run_id) == (3, 2, run.run_id)
    assert (await ledger.runs.get(again.run_id)).status == "finished"
    assert (await ledger.accounts()).get("run", (0, 0))[0] == 0
    await ledger.audit()


async def test_a_regrade_tells_the_judge_what_to_keep(ledger: LedgerHarness) -> None:
    run, _ = await graded(ledger, UNDECIDED)
    again, (ticket,) = await regrade(ledger, run, checks=("tests",))
    assert ticket.regrade is not None
    assert (ticket.regrade.checks, ticket.regrade.verdict) == (("tests",), UNDECIDED)
    assert again.name.startswith("regrade of ")


async def test_a_regrade_by_the_present_tasks_keeps_the_samples_of_the_run(ledger: LedgerHarness) -> None:
    run, _ = await graded(ledger, UNDECIDED, UNDECIDED)
    pin = (await ledger.runs._plans.get(None, run.run_id)).tasks[0]  # type: ignore[arg-type]
    newer = structs.replace(pin, digest="e" * 64, sample_ids=("other",))
    _, tickets = await regrade(ledger, run, tasks=(newer,))
    assert {ticket.task_digest for ticket in tickets} == {"e" * 64}
    assert [ticket.sample_id for ticket in tickets] == ["s0", "s1"]


async def test_a_grading_that_fails_again_changes_nothing(ledger: LedgerHarness) -> None:
    run, (original,) = await graded(ledger, verdict_of([TESTS], 1.0, {}))
    again, (ticket,) = await regrade(ledger, run)
    await ledger.reports.judged([judged(ticket, verdict=Verdict(outcome=Outcome.INFRA_ERROR))])
    assert (await ledger.runs.changes(again.run_id)).ungraded == 1
    assert (await ledger.attempts.get(original.attempt_id)).attempt.outcome is Outcome.PASSED
    await ledger.audit()


async def test_an_attempt_that_could_not_be_graded_is_graded_by_a_regrade(ledger: LedgerHarness) -> None:
    run, (original,) = await graded(ledger, Verdict(outcome=Outcome.INFRA_ERROR))
    assert (await only_row(ledger)).errors == 1
    again, (ticket,) = await regrade(ledger, run)
    await ledger.reports.judged([judged(ticket, verdict=verdict_of([TESTS], 1.0, {}))])
    assert (await ledger.attempts.get(original.attempt_id)).attempt.outcome is Outcome.PASSED
    row = await only_row(ledger)
    assert (row.n, row.errors, row.score) == (1, 0, 1.0)
    assert len((await ledger.runs.changes(again.run_id)).changed) == 1
    await ledger.audit()


async def test_what_cannot_be_graded_again_is_refused(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    with pytest.raises(ProblemError) as nothing:
        await ledger.runs.regrade(RegradeRun(run_id=run.run_id))
    assert (nothing.value.problem.status, nothing.value.problem.code) == (409, "nothing_to_regrade")
    run, _ = await graded(ledger, UNDECIDED)
    with pytest.raises(ProblemError) as unknown:
        await ledger.runs.regrade(RegradeRun(run_id=run.run_id, checks=("test",)))
    assert "named test. Its checks are style, tests." in unknown.value.problem.detail
    again, _ = await regrade(ledger, run)
    with pytest.raises(ProblemError) as twice:
        await ledger.runs.regrade(RegradeRun(run_id=again.run_id))
    assert run.run_id in twice.value.problem.detail
    with pytest.raises(ProblemError):
        await ledger.runs.changes("nothing")


async def test_a_regrade_takes_effect_once_per_idempotency_key(ledger: LedgerHarness) -> None:
    run, _ = await graded(ledger, UNDECIDED)
    first = await ledger.runs.regrade(RegradeRun(run_id=run.run_id, idempotency_key="k"))
    assert (await ledger.runs.regrade(RegradeRun(run_id=run.run_id, idempotency_key="k"))).run_id == first.run_id
