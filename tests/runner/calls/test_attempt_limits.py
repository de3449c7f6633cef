"""Solvers with a single request: the reason names the limit that ended the attempt."""

from __future__ import annotations

import pytest

from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness

SINGLE = pytest.mark.parametrize("task_id", ["colours", "sum_files"])


@SINGLE
async def test_the_reason_names_the_cost_limit(runner: RunnerHarness, endpoint: FakeEndpoint, task_id: str) -> None:
    limits = Limits(wall_seconds=30.0, max_tokens=100, cost_usd="0.000001")
    report = await runner.run_attempt(task_id, "stub/m-1", limits=limits)
    assert (report.outcome, report.calls, endpoint.bodies) == (Outcome.LIMIT, (), [])
    assert report.reason.startswith("limits.cost_usd: $0 of $0.000001 spent; the next request may cost")


@SINGLE
async def test_the_reason_names_the_wall_clock_limit(
    runner: RunnerHarness, endpoint: FakeEndpoint, task_id: str
) -> None:
    endpoint.default = Reply(text="late", pause_seconds=20)
    report = await runner.run_attempt(task_id, "stub/m-1", limits=Limits(wall_seconds=0.3, max_tokens=100))
    assert (report.outcome, report.reason) == (Outcome.TIMEOUT, "limits.wall_seconds: timed out after 0.3 s")


@SINGLE
async def test_the_reason_names_the_token_limit(runner: RunnerHarness, endpoint: FakeEndpoint, task_id: str) -> None:
    endpoint.replies.append(Reply(text="half", break_after=1))
    report = await runner.run_attempt(task_id, "stub/m-1", limits=Limits(wall_seconds=30.0, max_tokens=100, tokens=3))
    assert (report.outcome, len(report.calls)) == (Outcome.LIMIT, 1)
    assert report.reason.endswith("of 3 tokens used")
    assert report.reason.startswith("limits.tokens: ")
    assert [body["max_tokens"] for body in endpoint.bodies] == [3]
