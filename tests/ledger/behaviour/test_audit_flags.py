"""Audit flags are counted beside scores: in attempts, runs and the leaderboard. They change nothing else."""

from __future__ import annotations

from assay.contracts.attempts import AttemptView, Fault, FaultKind, Stage
from assay.contracts.audit import AuditFlag, AuditKind, AuditSource
from assay.contracts.facts import AttemptFinished
from assay.contracts.leaderboard import BoardRow
from assay.contracts.rpc import CheckReview, GetBoard, ListAttempts, RegradeRun, RestartRun, ReviewAttempt
from assay.contracts.runs import RunView
from assay.contracts.verdicts import CheckResult, Outcome, verdict_of
from tests.ledger.harness import LedgerHarness, executed, judged

HISTORY = AuditFlag(kind=AuditKind.GIT_HISTORY, detail="bash: git log", source=AuditSource.RUNNER, step=3)
CONFIG = AuditFlag(kind=AuditKind.CONFIG_FILES, detail="added conftest.py", source=AuditSource.RUNNER)
EXITED = AuditFlag(kind=AuditKind.PROCESS_ENDED, detail="exit code 0", source=AuditSource.JUDGE)
OPEN = CheckResult(name="rubric", kind="rubric", passed=False, score=0.0, needs_review=True)


async def only_row(ledger: LedgerHarness) -> BoardRow:
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    return row


async def attempts(ledger: LedgerHarness, run: RunView, **filters: object) -> tuple[AttemptView, ...]:
    return (await ledger.attempts.page(ListAttempts(run_id=run.run_id, **filters))).items  # type: ignore[arg-type]


async def test_flags_of_runner_and_judge_are_counted_beside_the_score(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    first, second, third = await ledger.start_attempts(run)
    await ledger.report_executed(first, flags=(HISTORY, CONFIG))
    await ledger.report_executed(second, third)
    await ledger.grade(first, flags=(EXITED,))
    await ledger.grade(second)
    await ledger.grade(third, outcome=Outcome.FAILED, flags=(EXITED,))
    detail = await ledger.attempts.get(first.attempt_id)
    assert detail.flags == (HISTORY, CONFIG, EXITED)
    assert (detail.attempt.outcome, detail.attempt.score) == (Outcome.PASSED, 1.0)
    assert [each.flag_count for each in await attempts(ledger, run)] == [3, 0, 1]
    assert [each.ordinal for each in await attempts(ledger, run, flagged=True)] == [1, 3]
    progress = (await ledger.runs.get(run.run_id)).progress
    assert (progress.outcomes, progress.flagged) == ({Outcome.PASSED: 2, Outcome.FAILED: 1}, 1)
    row = await only_row(ledger)
    assert (row.n, row.passed, row.flagged) == (3, 2, 1)
    assert row.score is not None and abs(row.score - 2 / 3) < 1e-9
    page = await ledger.attempts.page(ListAttempts(run_id=run.run_id, flagged=True, limit=1))
    assert (page.total, page.next_cursor) == (2, "1")
    finished = [each.data for each in await ledger.events(run.run_id) if isinstance(each.data, AttemptFinished)]
    assert [each.attempt.flag_count for each in finished] == [3, 0, 1]
    await ledger.audit()


async def test_only_the_try_that_counts_is_flagged(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.reports.executed([executed(ticket, outcome=Outcome.TIMEOUT, flags=(HISTORY,), output=None)])
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert (detail.flags, detail.attempt.flag_count) == ((HISTORY,), 1)
    assert (await ledger.runs.get(run.run_id)).progress.flagged == 0, "it did not pass"


async def test_flags_of_a_try_that_is_repeated_do_not_count(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    fault = Fault(kind=FaultKind.SANDBOX, message="broken", new_try=True)
    failed = executed(ticket, outcome=Outcome.INFRA_ERROR, fault=fault, flags=(HISTORY,), output=None)
    await ledger.reports.executed([failed])
    assert [each.flag_count for each in await attempts(ledger, run)] == [0]
    (again,) = (await ledger.claim([ticket.attempt_id])).granted
    assert (await ledger.attempts.get(ticket.attempt_id)).flags == ()
    await ledger.report_executed(again, flags=(CONFIG,))
    await ledger.grade(again)
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert (detail.flags, detail.attempt.flag_count) == ((CONFIG,), 1)
    await ledger.audit()


async def test_a_review_that_decides_a_flagged_attempt_counts_it(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, flags=(HISTORY,))
    await ledger.grade(ticket, verdict=verdict_of([OPEN], 0.5, {}), flags=(EXITED,))
    assert (await ledger.runs.get(run.run_id)).progress.flagged == 0
    for score, flagged in ((1.0, 1), (0.0, 0), (0.6, 1)):
        reviews = (CheckReview(check="rubric", score=score),)
        await ledger.reviews.review(ReviewAttempt(attempt_id=ticket.attempt_id, reviewer="Ada", reviews=reviews))
        detail = await ledger.attempts.get(ticket.attempt_id)
        progress = (await ledger.runs.get(run.run_id)).progress
        passes = progress.outcomes.get(Outcome.PASSED, 0)
        assert (detail.flags, detail.attempt.flag_count, progress.flagged) == ((HISTORY, EXITED), 2, passes)
        assert (await only_row(ledger)).flagged == progress.flagged
        assert progress.flagged in (0, flagged)
    await ledger.audit()


async def test_grading_again_replaces_the_judges_flags_and_keeps_the_runners(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, flags=(HISTORY,))
    await ledger.grade(ticket, outcome=Outcome.FAILED, flags=(EXITED,))
    again = await ledger.runs.regrade(RegradeRun(run_id=run.run_id))
    (grading,) = (await ledger.claim([f"{again.run_id}-1"], Stage.JUDGE, "judge")).granted
    await ledger.reports.judged([judged(grading)])
    for attempt_id in (ticket.attempt_id, grading.attempt_id):
        detail = await ledger.attempts.get(attempt_id)
        assert (detail.flags, detail.attempt.flag_count, detail.attempt.outcome) == ((HISTORY,), 1, Outcome.PASSED)
    assert (await ledger.runs.get(run.run_id)).progress.flagged == 1
    assert (await only_row(ledger)).flagged == 1
    await ledger.audit()


async def test_a_reused_result_brings_its_flags(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    first, second = await ledger.start_attempts(run)
    await ledger.report_executed(first, second, flags=(HISTORY,))
    await ledger.grade(first, flags=(EXITED,))
    await ledger.grade(second, outcome=Outcome.INFRA_ERROR)
    again = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert [each.flag_count for each in await attempts(ledger, again)] == [2, 1]
    assert again.progress.flagged == 1
    assert (await ledger.attempts.get(f"{again.run_id}-1")).flags == (HISTORY, EXITED)
    await ledger.audit()
