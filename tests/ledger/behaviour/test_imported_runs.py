"""Imported runs: finished at once, booked nowhere, and only on the leaderboard of their own suite."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.facts import RunFinished, RunSubmitted
from assay.contracts.models import Usage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    GetBoard,
    GetCosts,
    GetMoney,
    ImportedAttempt,
    ImportRun,
    ListAttempts,
    RegradeRun,
    RestartRun,
)
from assay.contracts.runs import RunPlan, RunStatus
from assay.contracts.verdicts import CheckResult, Outcome, Verdict
from tests.ledger.harness import LedgerHarness, plan

SOURCE = "Inspect 0.3.285"
SUITE = "imported/sums"
ANSWER = ArtifactRef(sha256="b" * 64, size_bytes=7)
CHECKS = ArtifactRef(sha256="c" * 64, size_bytes=70)
USAGE = Usage(input_tokens=100, cached_tokens=40, output_tokens=20)


def import_plan(**more: Any) -> RunPlan:
    return plan(samples=2, models=("openai/gpt-x", "openai/gpt-y"), suite=SUITE, repeats=2, imported=SOURCE, **more)


def verdict(score: float, **metrics: float) -> Verdict:
    outcome = Outcome.PASSED if score == 1.0 else Outcome.FAILED
    check = CheckResult(name="match", kind="imported", passed=score == 1.0, score=score)
    return Verdict(outcome=outcome, score=score, checks=(check,), metrics=metrics)


def result(sample: str, model: int, repeat: int, outcome: Outcome = Outcome.FAILED, **more: Any) -> ImportedAttempt:
    return ImportedAttempt(
        task_index=0, model_index=model, sample_id=sample, repeat=repeat, outcome=outcome, usage=USAGE, **more
    )


def graded(sample: str, model: int, repeat: int, score: float, **more: Any) -> ImportedAttempt:
    of_sample = verdict(score, **more)
    return result(
        *(sample, model, repeat, of_sample.outcome),
        verdict=of_sample,
        output=ANSWER,
        artifacts={"response.txt": ANSWER},
        check_artifacts={"checks/match.json": CHECKS},
        cost_nanousd=1_000,
        duration_seconds=2.5,
    )


RESULTS = (
    graded("s0", 0, 1, 1.0, f1=0.5),
    graded("s1", 0, 1, 0.25, f1=1.5),
    graded("s0", 0, 2, 1.0),
    graded("s0", 1, 1, 0.0),
    result("s1", 1, 1, Outcome.TIMEOUT, reason="its time limit of 60 s"),
    result("s1", 1, 2, Outcome.INFRA_ERROR, reason="the provider answered 500"),
)


def request(*results: ImportedAttempt, key: str = "") -> ImportRun:
    return ImportRun(plan=import_plan(), attempts=results or RESULTS, idempotency_key=key)


async def test_results_become_a_finished_run(ledger: LedgerHarness) -> None:
    run = await ledger.runs.import_run(request())
    assert run == await ledger.runs.get(run.run_id)
    assert (run.status, run.imported, run.suite) == (RunStatus.FINISHED, SOURCE, SUITE)
    assert run.finished_at is not None
    progress = run.progress
    assert (progress.total, progress.done, progress.reused) == (6, 6, 0)
    assert progress.outcomes == {Outcome.PASSED: 2, Outcome.FAILED: 2, Outcome.TIMEOUT: 1, Outcome.INFRA_ERROR: 1}
    assert progress.usage == Usage(input_tokens=600, cached_tokens=240, output_tokens=120)
    assert progress.cost_usd == "0.000004"
    page = await ledger.attempts.page(ListAttempts(run_id=run.run_id))
    assert [(each.sample_id, each.model, each.repeat, each.score) for each in page.items] == [
        ("s0", "openai/gpt-x", 1, 1.0),
        ("s0", "openai/gpt-y", 1, 0.0),
        ("s1", "openai/gpt-x", 1, 0.25),
        ("s1", "openai/gpt-y", 1, 0.0),
        ("s0", "openai/gpt-x", 2, 1.0),
        ("s1", "openai/gpt-y", 2, None),
    ]
    assert [type(event.data) for event in await ledger.events(run.run_id)] == [RunSubmitted, RunFinished]
    await ledger.audit()


async def test_an_attempt_has_the_artifacts_and_the_verdict_of_its_framework(ledger: LedgerHarness) -> None:
    run = await ledger.runs.import_run(request())
    passed, timeout = f"{run.run_id}-1", f"{run.run_id}-4"
    detail = await ledger.attempts.get(passed)
    assert detail.verdict == verdict(1.0, f1=0.5)
    assert detail.artifacts == {"response.txt": ANSWER, "checks/match.json": CHECKS}
    assert (detail.limits, detail.evaluation) == (None, None)
    (one,) = detail.tries
    assert (one.ended, one.cause, one.duration_seconds) == ("executed", f"imported from {SOURCE}", 2.5)
    ended = await ledger.attempts.get(timeout)
    assert (ended.verdict, ended.attempt.reason) == (None, "its time limit of 60 s")


async def test_it_is_on_the_leaderboard_of_its_suite_only(ledger: LedgerHarness) -> None:
    await ledger.runs.import_run(request())
    assert (await ledger.leaderboard.read(GetBoard())).rows == ()
    board = await ledger.leaderboard.read(GetBoard(suite=SUITE))
    assert {row.model: (row.n, row.passed, row.score, row.errors) for row in board.rows} == {
        "openai/gpt-x": (3, 2, 0.75, 0),
        "openai/gpt-y": (2, 0, 0.0, 1),
    }
    assert SUITE in board.suites
    (x, y) = sorted(board.rows, key=lambda row: row.model)
    assert x.metrics == {"sums.f1": 1.0} and y.metrics == {}


async def test_it_costs_nothing_here(ledger: LedgerHarness) -> None:
    before = await ledger.funds.get(GetMoney())
    await ledger.runs.import_run(request())
    assert await ledger.funds.get(GetMoney()) == before
    assert (await ledger.funds.costs(GetCosts())).rows == ()


async def test_the_same_key_gives_the_same_run(ledger: LedgerHarness) -> None:
    first = await ledger.runs.import_run(request(key="import-1"))
    assert await ledger.runs.import_run(request(key="import-1")) == first
    with pytest.raises(ProblemError, match="belongs to another request"):
        await ledger.runs.import_run(request(graded("s0", 0, 1, 0.5), key="import-1"))
    assert (await ledger.leaderboard.read(GetBoard(suite=SUITE))).rows[0].n == 3


async def test_it_is_neither_executed_nor_graded_again(ledger: LedgerHarness) -> None:
    run = await ledger.runs.import_run(request())
    with pytest.raises(ProblemError, match="imported from Inspect") as refusal:
        await ledger.runs.restart(RestartRun(run_id=run.run_id, fresh=True))
    assert refusal.value.problem.code == "imported_run"
    with pytest.raises(ProblemError, match="imported from Inspect"):
        await ledger.runs.regrade(RegradeRun(run_id=run.run_id))
    assert await ledger.queued() == {}


async def test_results_outside_of_the_plan_are_refused(ledger: LedgerHarness) -> None:
    for wrong in (graded("s9", 0, 1, 1.0), graded("s0", 0, 3, 1.0), structs.replace(RESULTS[0], task_index=1)):
        with pytest.raises(ProblemError, match="not in the plan"):
            await ledger.runs.import_run(request(RESULTS[1], wrong))


async def test_the_causes_of_ungraded_attempts_suggest_no_retry(ledger: LedgerHarness) -> None:
    run = await ledger.runs.import_run(request())
    causes = await ledger.runs.causes(run.run_id)
    assert {(each.reason, each.remedy) for each in causes.items} == {
        ("its time limit of 60 s", ""),
        ("the provider answered 500", ""),
    }
