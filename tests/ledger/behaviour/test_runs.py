"""Submitting, listing and cancelling runs."""

from __future__ import annotations

import asyncio

import pytest

from assay.contracts.facts import RunCancelled, RunSubmitted
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun, ListAttempts, ListRuns
from assay.contracts.runs import RunStatus
from assay.contracts.verdicts import Outcome
from tests.ledger.harness import LedgerHarness


async def test_a_submitted_run_has_all_its_attempts_and_its_first_fact(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3, models=("oracle", "nop"), repeats=2)
    assert run.progress.total == run.progress.waiting == 12
    attempts = await ledger.attempts.page(ListAttempts(run_id=run.run_id))
    assert [(a.sample_id, a.model, a.repeat) for a in attempts.items[:3]] == [
        ("s0", "oracle", 1),
        ("s0", "nop", 1),
        ("s1", "oracle", 1),
    ]
    (event,) = await ledger.events(run.run_id)
    assert isinstance(event.data, RunSubmitted) and event.sequence == run.sequence == 1


async def test_content_keys_are_unique_within_a_run_and_equal_for_equal_content(ledger: LedgerHarness) -> None:
    first, second = await ledger.submit(samples=3, repeats=2), await ledger.submit(samples=3, repeats=2)
    rows = sorted(await ledger.table("attempts"), key=lambda row: row["ordinal"])
    keys = {run.run_id: [row["key"] for row in rows if row["run_id"] == run.run_id] for run in (first, second)}
    assert len(set(keys[first.run_id])) == 6
    assert keys[first.run_id] == keys[second.run_id]


async def test_concurrent_submissions_with_the_same_idempotency_key_create_one_run(ledger: LedgerHarness) -> None:
    runs = await asyncio.gather(*(ledger.submit(key="k1") for _ in range(4)))
    assert len({run.run_id for run in runs}) == 1
    assert (await ledger.runs.page(ListRuns())).total == 1


async def test_an_idempotency_key_with_a_different_body_is_refused(ledger: LedgerHarness) -> None:
    run = await ledger.submit(key="k1")
    with pytest.raises(ProblemError) as refused:
        await ledger.submit(key="k1", samples=5)
    assert refused.value.problem.status == 422
    assert run.run_id in refused.value.problem.detail


async def test_runs_are_listed_newest_first_in_pages_and_filtered(ledger: LedgerHarness) -> None:
    old, new = await ledger.submit(name="first"), await ledger.submit(name="second", models=("nop",))
    page = await ledger.runs.page(ListRuns(limit=1))
    assert [run.run_id for run in page.items] == [new.run_id] and page.total == 2
    rest = await ledger.runs.page(ListRuns(limit=1, cursor=page.next_cursor))
    assert [run.run_id for run in rest.items] == [old.run_id] and rest.next_cursor == ""
    assert [run.name for run in (await ledger.runs.page(ListRuns(model="nop"))).items] == ["second"]
    assert [run.name for run in (await ledger.runs.page(ListRuns(search="FIRST"))).items] == ["first"]
    assert [run.name for run in (await ledger.runs.page(ListRuns(search="oracl"))).items] == ["first"]
    assert (await ledger.runs.page(ListRuns(search="sums"))).total == 2
    assert (await ledger.runs.page(ListRuns(status=RunStatus.FINISHED))).total == 0


async def test_the_problem_for_an_unknown_run_names_it(ledger: LedgerHarness) -> None:
    with pytest.raises(ProblemError) as refused:
        await ledger.runs.get("nowhere")
    assert refused.value.problem.status == 404 and "nowhere" in refused.value.problem.detail


async def test_cancelling_ends_unfinished_attempts_and_keeps_results(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    first, second, _ = await ledger.start_attempts(run)
    await ledger.report_executed(first)
    await ledger.grade(first)
    cancelled = await ledger.control.cancel(CancelRun(run_id=run.run_id, grace_seconds=0))
    assert cancelled.status is RunStatus.CANCELLED
    assert cancelled.progress.outcomes == {Outcome.PASSED: 1, Outcome.CANCELLED: 2}
    assert await ledger.table("pending_orders") == []
    last = (await ledger.events(run.run_id))[-1]
    assert isinstance(last.data, RunCancelled) and last.sequence == cancelled.sequence
    # A runner's late report changes nothing but the cost.
    await ledger.report_executed(second)
    after = await ledger.runs.get(run.run_id)
    assert after.progress.outcomes == cancelled.progress.outcomes
    assert after.progress.cost_usd == "0.000000014"


async def test_cancelling_a_run_that_has_ended_changes_nothing(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    again = await ledger.control.cancel(CancelRun(run_id=run.run_id))
    assert again.sequence == (await ledger.runs.get(run.run_id)).sequence == 3
