"""The leaderboard, as it is read."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from assay.contracts.rpc import GetBoard
from assay.contracts.runs import Board
from assay.contracts.verdicts import Outcome
from tests.ledger.desk import Desk, plan


async def play(desk: Desk, *outcomes: Outcome, suite: str = "demo", **of_task: Any) -> None:
    """A run with an attempt for each outcome; ``of_task`` is what its task has of its own."""
    planned = plan(samples=len(outcomes), suite=suite)
    run = await desk.submit_plan(replace(planned, tasks=(replace(planned.tasks[0], **of_task),)))
    for ticket, outcome in zip(await desk.start(run), outcomes, strict=True):
        await desk.hand_in(ticket)
        await desk.judge(ticket, outcome=outcome)


async def scores(desk: Desk, **query: str) -> dict[str, float]:
    """The only model's score by category, after the whole."""
    board = await desk.results.board(GetBoard(**query))
    return {"": row.score, **row.categories} if (row := next(iter(board.rows), None)) else {}


async def test_before_anything_is_done_it_is_empty(desk: Desk) -> None:
    assert await desk.results.board(GetBoard()) == Board()


async def test_what_is_asked_for_again_is_as_of_now(desk: Desk) -> None:
    everything, other = GetBoard(), GetBoard(suite="other")
    for count in (1, 2, 3):
        await play(desk, Outcome.PASSED)
        first, again = await desk.results.board(everything), await desk.results.board(everything)
        assert again == first and [row.n for row in again.rows] == [count]
        assert (await desk.results.board(other)).suites == ("demo",)
    await play(desk, Outcome.FAILED, suite="other")
    assert [row.n for row in (await desk.results.board(everything)).rows] == [4]
    assert [row.n for row in (await desk.results.board(other)).rows] == [1]


async def test_a_score_is_the_mean_over_tasks_by_their_weights(desk: Desk) -> None:
    await play(desk, Outcome.PASSED, Outcome.FAILED, task_id="one", digest="1" * 64)
    await play(desk, Outcome.PASSED, Outcome.PASSED, task_id="one", digest="1" * 64, suite="other")
    await play(desk, Outcome.FAILED, task_id="two", digest="2" * 64, weight=2.0)
    await play(desk, Outcome.PASSED, task_id="three", digest="3" * 64, category="data")
    assert await scores(desk) == {"": (0.75 + 0 + 1) / 4, "coding": 0.25, "data": 1.0}
    assert await scores(desk, suite="demo", category="coding") == {"": 0.5 / 3, "coding": 0.5 / 3}
    (row,) = (await desk.results.board(GetBoard(category="data"))).rows
    assert (row.tasks, row.n, row.metrics) == (1, 1, {"three.mean_abs_err": 0.25})


async def test_of_a_task_that_has_changed_the_version_graded_last_counts(desk: Desk) -> None:
    await play(desk, Outcome.FAILED, Outcome.FAILED)
    await play(desk, Outcome.PASSED, digest="e" * 64)
    (row,) = (await desk.results.board(GetBoard())).rows
    assert (row.n, row.score, row.tasks) == (1, 1.0, 1)
    await play(desk, Outcome.FAILED)
    (row,) = (await desk.results.board(GetBoard())).rows
    assert (row.n, row.score, row.metrics) == (3, 0.0, {"sums.mean_abs_err": 0.25})


async def test_what_says_nothing_of_the_model_has_no_score(desk: Desk) -> None:
    await play(desk, Outcome.NEEDS_REVIEW)
    (row,) = (await desk.results.board(GetBoard())).rows
    assert (row.n, row.tasks, row.score, row.categories) == (0, 0, 0.0, {"coding": 0.0})
    assert row.usage.input_tokens == 5 and row.last_run_id
