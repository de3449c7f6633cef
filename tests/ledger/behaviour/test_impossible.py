"""Attempts at impossible tasks are counted apart: they change no score, rank or pass rate."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from assay.contracts.attempts import Fault, FaultKind, Ticket
from assay.contracts.audit import AuditFlag, AuditKind, AuditSource
from assay.contracts.leaderboard import BoardRow
from assay.contracts.rpc import CheckReview, GetBoard, ListAttempts, RestartRun, ReviewAttempt
from assay.contracts.runs import RunView
from assay.contracts.verdicts import CheckResult, Outcome, verdict_of
from tests.ledger.harness import LedgerHarness, executed, plan

CHEATED = AuditFlag(kind=AuditKind.IMPOSSIBLE_PASSED, detail="passed", source=AuditSource.JUDGE)
OPEN = CheckResult(name="rubric", kind="rubric", passed=False, score=0.0, needs_review=True)


async def start(ledger: LedgerHarness, samples: int) -> tuple[RunView, tuple[Ticket, ...], tuple[Ticket, ...]]:
    """A run with that many attempts at a possible task, and as many at an impossible one."""
    planned = plan(samples=samples)
    trap = replace(planned.tasks[0], task_id="trap", digest="e" * 64, category="impossible", impossible=True)
    run = await ledger.submit_plan(replace(planned, tasks=(planned.tasks[0], trap)))
    tickets = await ledger.start_attempts(run)
    return run, tickets[:samples], tickets[samples:]


async def only_row(ledger: LedgerHarness, category: str = "") -> BoardRow:
    (row,) = (await ledger.leaderboard.read(GetBoard(category=category))).rows
    return row


async def test_only_attempts_that_can_be_solved_have_a_score_on_the_leaderboard(ledger: LedgerHarness) -> None:
    run, possible, impossible = await start(ledger, 2)
    await ledger.report_executed(*possible, *impossible)
    await ledger.grade(possible[0])
    await ledger.grade(possible[1], outcome=Outcome.FAILED)
    await ledger.grade(impossible[0], flags=(CHEATED,))
    await ledger.grade(impossible[1], outcome=Outcome.FAILED)
    row = await only_row(ledger)
    assert (row.n, row.passed, row.score, row.pass_rate, row.tasks) == (2, 1, 0.5, 0.5, 1)
    assert (row.impossible_attempts, row.impossible_passed, row.flagged) == (2, 1, 0)
    assert (row.categories, set(row.metrics)) == ({"coding": 0.5}, {"sums.mean_abs_err"})
    assert row.cost_usd == "0.000000028", "what they cost is still spent"
    assert row.cost_per_attempt_usd == "0.000000007"
    progress = (await ledger.runs.get(run.run_id)).progress
    assert progress.outcomes == {Outcome.PASSED: 2, Outcome.FAILED: 2}
    assert (progress.impossible, progress.impossible_passed, progress.evidence, progress.flagged) == (2, 1, 2, 1)
    rows = (await ledger.attempts.page(ListAttempts(run_id=run.run_id))).items
    assert [each.impossible for each in rows] == [False, False, True, True]
    await ledger.audit()


async def test_a_model_with_impossible_attempts_alone_has_no_rank(ledger: LedgerHarness) -> None:
    _, possible, impossible = await start(ledger, 1)
    await ledger.report_executed(*impossible)
    await ledger.grade(*impossible)
    assert possible
    row = await only_row(ledger)
    assert (row.n, row.score, row.pass_rate, row.rank) == (0, None, None, None)
    assert (row.impossible_attempts, row.impossible_passed) == (1, 1)
    assert (await only_row(ledger, category="impossible")).impossible_passed == 1


@pytest.mark.parametrize(
    ("outcome", "fault", "counted"),
    [
        (Outcome.TIMEOUT, None, 1),
        (Outcome.LIMIT, Fault(kind=FaultKind.BUDGET, message="no money"), 0),
        (Outcome.INFRA_ERROR, Fault(kind=FaultKind.SANDBOX, message="broken"), 0),
    ],
)
async def test_only_attempts_with_a_score_are_counted(
    ledger: LedgerHarness, outcome: Outcome, fault: Fault | None, counted: int
) -> None:
    run, _, (ticket,) = await start(ledger, 1)
    await ledger.reports.executed([executed(ticket, outcome=outcome, fault=fault, output=None)])
    progress = (await ledger.runs.get(run.run_id)).progress
    assert (progress.impossible, progress.impossible_passed) == (counted, 0)
    await ledger.audit()


async def test_a_review_and_a_reused_result_are_counted_apart_too(ledger: LedgerHarness) -> None:
    run, possible, (ticket,) = await start(ledger, 1)
    await ledger.report_executed(*possible, ticket)
    await ledger.grade(*possible, outcome=Outcome.INFRA_ERROR)
    await ledger.grade(ticket, verdict=verdict_of([OPEN], 0.5, {"x": 1.0}))
    assert (await ledger.runs.get(run.run_id)).progress.impossible == 0
    for score, passed in ((1.0, 1), (0.0, 0)):
        reviews = (CheckReview(check="rubric", score=score),)
        await ledger.reviews.review(ReviewAttempt(attempt_id=ticket.attempt_id, reviewer="Ada", reviews=reviews))
        progress = (await ledger.runs.get(run.run_id)).progress
        assert (progress.impossible, progress.impossible_passed) == (1, passed)
        row = await only_row(ledger)
        assert (row.n, row.impossible_attempts, row.impossible_passed) == (0, 1, passed)
        assert "trap.x" not in row.metrics
        await ledger.audit()
    again = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert (again.progress.reused, again.progress.impossible, again.progress.impossible_passed) == (1, 1, 0)
    await ledger.audit()
