"""Submitting, listing and cancelling runs."""

from __future__ import annotations

import asyncio

import pytest

from assay.contracts.facts import RunCancelled, RunSubmitted
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun, ListAttempts, ListRuns
from assay.contracts.runs import RunStatus
from assay.contracts.verdicts import Outcome
from tests.ledger.desk import Desk


async def test_a_submitted_run_holds_every_attempt_and_its_first_fact(desk: Desk) -> None:
    run = await desk.submit(samples=3, models=("oracle", "nop"), repeats=2)
    assert run.progress.total == run.progress.waiting == 12
    attempts = await desk.attempts.page(ListAttempts(run_id=run.run_id))
    assert [(a.sample_id, a.model, a.repeat) for a in attempts.items[:3]] == [
        ("s0", "oracle", 1),
        ("s0", "nop", 1),
        ("s1", "oracle", 1),
    ]
    (event,) = await desk.events(run.run_id)
    assert isinstance(event.data, RunSubmitted) and event.sequence == run.sequence == 1


async def test_every_attempt_has_a_key_of_its_own_and_equal_content_gives_equal_keys(desk: Desk) -> None:
    first, second = await desk.submit(samples=3, repeats=2), await desk.submit(samples=3, repeats=2)
    rows = sorted(await desk.table("attempts"), key=lambda row: row["ordinal"])
    keys = {run.run_id: [row["key"] for row in rows if row["run_id"] == run.run_id] for run in (first, second)}
    assert len(set(keys[first.run_id])) == 6
    assert keys[first.run_id] == keys[second.run_id]


async def test_the_same_idempotency_key_gives_the_same_run_even_at_once(desk: Desk) -> None:
    runs = await asyncio.gather(*(desk.submit(key="k1") for _ in range(4)))
    assert len({run.run_id for run in runs}) == 1
    assert (await desk.runs.page(ListRuns())).total == 1


async def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    run = await desk.submit(key="k1")
    with pytest.raises(ProblemError) as refused:
        await desk.submit(key="k1", samples=5)
    assert refused.value.problem.status == 422
    assert run.run_id in refused.value.problem.detail


async def test_runs_are_listed_newest_first_in_pages_and_filtered(desk: Desk) -> None:
    old, new = await desk.submit(name="first"), await desk.submit(name="second", models=("nop",))
    page = await desk.runs.page(ListRuns(limit=1))
    assert [run.run_id for run in page.items] == [new.run_id] and page.total == 2
    rest = await desk.runs.page(ListRuns(limit=1, cursor=page.next_cursor))
    assert [run.run_id for run in rest.items] == [old.run_id] and rest.next_cursor == ""
    assert [run.name for run in (await desk.runs.page(ListRuns(model="nop"))).items] == ["second"]
    assert [run.name for run in (await desk.runs.page(ListRuns(search="FIRST"))).items] == ["first"]
    assert [run.name for run in (await desk.runs.page(ListRuns(search="oracl"))).items] == ["first"]
    assert (await desk.runs.page(ListRuns(search="sums"))).total == 2
    assert (await desk.runs.page(ListRuns(status=RunStatus.FINISHED))).total == 0


async def test_an_unknown_run_is_a_problem_that_names_it(desk: Desk) -> None:
    with pytest.raises(ProblemError) as refused:
        await desk.runs.get("nowhere")
    assert refused.value.problem.status == 404 and "nowhere" in refused.value.problem.detail


async def test_cancelling_ends_what_is_not_done_and_keeps_what_is(desk: Desk) -> None:
    run = await desk.submit(samples=3)
    first, second, _ = await desk.start(run)
    await desk.hand_in(first)
    await desk.judge(first)
    cancelled = await desk.control.cancel(CancelRun(run_id=run.run_id, grace_seconds=0))
    assert cancelled.status is RunStatus.CANCELLED
    assert cancelled.progress.outcomes == {Outcome.PASSED: 1, Outcome.CANCELLED: 2}
    assert await desk.table("pending_orders") == []
    last = (await desk.events(run.run_id))[-1]
    assert isinstance(last.data, RunCancelled) and last.sequence == cancelled.sequence
    # What a runner was still doing changes nothing any more, but its money counts.
    await desk.hand_in(second)
    after = await desk.runs.get(run.run_id)
    assert after.progress.outcomes == cancelled.progress.outcomes
    assert after.progress.cost_usd == "0.000000014"


async def test_cancelling_a_run_that_has_ended_changes_nothing(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    await desk.control.cancel(CancelRun(run_id=run.run_id))
    again = await desk.control.cancel(CancelRun(run_id=run.run_id))
    assert again.sequence == (await desk.runs.get(run.run_id)).sequence == 3
