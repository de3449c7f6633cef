"""Retries: which results a new run of the same plan reuses."""

from __future__ import annotations

import pytest

from assay.contracts.problems import ProblemError
from assay.contracts.rpc import RestartRun
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome
from tests.ledger.harness import LedgerHarness


async def first_of_two_passes(ledger: LedgerHarness, other: Outcome = Outcome.INFRA_ERROR) -> RunView:
    run = await ledger.submit(samples=2)
    first, second = await ledger.start_attempts(run)
    await ledger.report_executed(first)
    await ledger.grade(first)
    await ledger.report_executed(second, outcome=other)
    return run


async def test_a_retry_reuses_results_of_its_run_alone(ledger: LedgerHarness) -> None:
    elsewhere = await ledger.submit(samples=2)
    tickets = await ledger.start_attempts(elsewhere)
    await ledger.report_executed(*tickets[1:])
    await ledger.grade(*tickets[1:])
    run = await first_of_two_passes(ledger)
    own = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert (own.progress.reused, own.progress.waiting) == (1, 1)
    everywhere = await ledger.runs.restart(RestartRun(run_id=run.run_id, reuse=True))
    assert everywhere.progress.reused == 2


async def test_a_retry_of_a_run_with_reuse_reuses_its_own_results_alone(ledger: LedgerHarness) -> None:
    await first_of_two_passes(ledger)
    run = await ledger.submit(samples=3, reuse=True)
    _, third = await ledger.start_attempts(run)
    await ledger.report_executed(third)
    await ledger.grade(third)
    retry = await ledger.runs.restart(RestartRun(run_id=run.run_id))
    assert (retry.progress.reused, retry.progress.waiting) == (2, 1)


async def test_nothing_to_retry_is_refused_and_creates_nothing(ledger: LedgerHarness) -> None:
    run = await first_of_two_passes(ledger, Outcome.AGENT_ERROR)
    with pytest.raises(ProblemError) as refused:
        await ledger.runs.restart(RestartRun(run_id=run.run_id))
    problem = refused.value.problem
    assert (problem.status, problem.code) == (409, "nothing_to_retry") and "--fresh" in problem.detail
    assert len(await ledger.table("runs")) == 1 and not await ledger.table("attempts", state="waiting")
    assert (await ledger.runs.restart(RestartRun(run_id=run.run_id, fresh=True))).progress.waiting == 2
