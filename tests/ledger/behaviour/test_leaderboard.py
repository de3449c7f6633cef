"""Reading the leaderboard."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from assay.contracts.attempts import Fault, FaultKind
from assay.contracts.leaderboard import Board, BoardRow
from assay.contracts.rpc import GetBoard, ListAttempts, RestartRun
from assay.contracts.tasks import Difficulty
from assay.contracts.verdicts import Outcome
from services.ledger.leaderboard.leaderboard_read import ranked
from tests.ledger.harness import LedgerHarness, plan


async def finish_attempts(ledger: LedgerHarness, *outcomes: Outcome, suite: str = "demo", **of_task: Any) -> None:
    """A run with an attempt for each outcome; ``of_task`` overrides fields of its task."""
    planned = plan(samples=len(outcomes), suite=suite)
    run = await ledger.submit_plan(replace(planned, tasks=(replace(planned.tasks[0], **of_task),)))
    for ticket, outcome in zip(await ledger.start_attempts(run), outcomes, strict=True):
        await ledger.report_executed(ticket)
        await ledger.grade(ticket, outcome=outcome)


async def scores(ledger: LedgerHarness, **query: str) -> dict[str, float | None]:
    """The only model's overall score, under an empty name, and its scores by category."""
    board = await ledger.leaderboard.read(GetBoard(**query))
    return {"": row.score, **row.categories} if (row := next(iter(board.rows), None)) else {}


async def test_without_results_the_leaderboard_is_empty(ledger: LedgerHarness) -> None:
    assert await ledger.leaderboard.read(GetBoard()) == Board()


async def test_a_cached_leaderboard_is_never_stale(ledger: LedgerHarness) -> None:
    everything, other = GetBoard(), GetBoard(suite="other")
    for count in (1, 2, 3):
        await finish_attempts(ledger, Outcome.PASSED)
        first, again = await ledger.leaderboard.read(everything), await ledger.leaderboard.read(everything)
        assert again == first and [row.n for row in again.rows] == [count]
        assert (await ledger.leaderboard.read(other)).suites == ("demo",)
    await finish_attempts(ledger, Outcome.FAILED, suite="other")
    assert [row.n for row in (await ledger.leaderboard.read(everything)).rows] == [4]
    assert [row.n for row in (await ledger.leaderboard.read(other)).rows] == [1]


async def test_a_score_is_the_weighted_mean_over_tasks(ledger: LedgerHarness) -> None:
    await finish_attempts(ledger, Outcome.PASSED, Outcome.FAILED, task_id="one", digest="1" * 64)
    await finish_attempts(ledger, Outcome.PASSED, Outcome.PASSED, task_id="one", digest="1" * 64, suite="other")
    await finish_attempts(ledger, Outcome.FAILED, task_id="two", digest="2" * 64, weight=2.0)
    await finish_attempts(ledger, Outcome.PASSED, task_id="three", digest="3" * 64, category="data")
    assert await scores(ledger) == {"": (0.75 + 0 + 1) / 4, "coding": 0.25, "data": 1.0}
    assert await scores(ledger, suite="demo", category="coding") == {"": 0.5 / 3, "coding": 0.5 / 3}
    (row,) = (await ledger.leaderboard.read(GetBoard(category="data"))).rows
    assert (row.tasks, row.n, row.metrics) == (1, 1, {"three.mean_abs_err": 0.25})


async def test_it_can_be_filtered_by_every_label_of_the_tasks(ledger: LedgerHarness) -> None:
    rust = {"difficulty": Difficulty.EXPERT, "language": "rust"}
    await finish_attempts(ledger, Outcome.PASSED, task_id="one", digest="1" * 64, **rust)
    await finish_attempts(ledger, Outcome.FAILED, task_id="two", digest="2" * 64, language="go")
    await finish_attempts(ledger, Outcome.FAILED, task_id="three", digest="3" * 64, category="data")
    assert await scores(ledger, language="rust") == {"": 1.0, "coding": 1.0}
    assert await scores(ledger, difficulty="easy") == {"": 0.0, "coding": 0.0, "data": 0.0}
    assert await scores(ledger, difficulty="easy", language="rust") == {}
    assert await scores(ledger, difficulty="easy", category="coding", suite="demo") == {"": 0.0, "coding": 0.0}
    board = await ledger.leaderboard.read(GetBoard(language="go"))
    assert (board.language, board.difficulty) == ("go", "")
    assert (board.languages, board.difficulties) == (("go", "rust"), ("easy", "expert"))
    assert list(board.rows[0].metrics) == ["two.mean_abs_err"]


async def test_only_the_last_graded_version_of_a_task_counts(ledger: LedgerHarness) -> None:
    await finish_attempts(ledger, Outcome.FAILED, Outcome.FAILED)
    await finish_attempts(ledger, Outcome.PASSED, digest="e" * 64)
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    assert (row.n, row.score, row.tasks) == (1, 1.0, 1)
    await finish_attempts(ledger, Outcome.FAILED)
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    assert (row.n, row.score, row.metrics) == (3, 0.0, {"sums.mean_abs_err": 0.25})


async def test_results_that_need_review_have_no_score(ledger: LedgerHarness) -> None:
    await finish_attempts(ledger, Outcome.NEEDS_REVIEW)
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    assert (row.n, row.tasks, row.score, row.categories) == (0, 0, None, {})
    assert row.usage.input_tokens == 5 and row.last_run_id and row.pass_rate is None


async def test_a_model_without_a_scored_attempt_ranks_below_all_others_and_equal_scores_share_a_rank(
    ledger: LedgerHarness,
) -> None:
    outcomes = {"bad": Outcome.FAILED, "broken": Outcome.INFRA_ERROR, "good": Outcome.PASSED, "great": Outcome.PASSED}
    run = await ledger.submit(samples=1, models=tuple(outcomes))
    for ticket in await ledger.start_attempts(run):
        await ledger.report_executed(ticket)
        await ledger.grade(ticket, outcome=outcomes[ticket.model.name])
    rows = (await ledger.leaderboard.read(GetBoard())).rows
    assert [(row.model, row.rank, row.score) for row in rows] == [
        ("good", 1, 1.0),
        ("great", 1, 1.0),
        ("bad", 3, 0.0),
        ("broken", None, None),
    ]


def test_scores_that_differ_by_the_order_of_their_sums_share_a_rank() -> None:
    costs: dict[str, Any] = {"cost_usd": "0", "cost_per_attempt_usd": "0", "duration_seconds": 0.0}
    row = BoardRow(model="a", n=3, passed=0, score=0.1 + 0.2, pass_rate=0.0, **costs)
    assert [each.rank for each in ranked([row, replace(row, model="b", score=0.3)])] == [1, 1]


async def test_a_money_limit_is_no_evidence_about_a_model_and_its_own_limits_are(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    passed, tokens, budget = await ledger.start_attempts(run)
    await ledger.report_executed(passed)
    await ledger.grade(passed)
    await ledger.report_executed(tokens, outcome=Outcome.LIMIT, reason="1024 tokens used up")
    spent = Fault(kind=FaultKind.BUDGET, message="$1 exceeds the run's limit")
    await ledger.report_executed(budget, outcome=Outcome.LIMIT, fault=spent)
    progress = (await ledger.runs.get(run.run_id)).progress
    assert progress.outcomes == {Outcome.PASSED: 1, Outcome.LIMIT: 2}
    assert (progress.evidence, progress.over_budget) == (2, 1)
    (row,) = (await ledger.leaderboard.read(GetBoard())).rows
    assert (row.n, row.passed, row.score) == (2, 1, 0.5)
    items = (await ledger.attempts.page(ListAttempts(run_id=run.run_id))).items
    assert [item.score for item in items] == [1.0, 0.0, None]
    retry = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert (retry.progress.reused, retry.progress.waiting) == (2, 1), "the attempt without a score is repeated"
    assert retry.progress.outcomes == {Outcome.PASSED: 1, Outcome.LIMIT: 1}
