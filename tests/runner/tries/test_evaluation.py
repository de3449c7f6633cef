"""What the runner evaluates by itself: attempts that end with a score of 0 and nothing to grade."""

from __future__ import annotations

from assay.contracts.codec import decode
from assay.contracts.results import Result
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness


async def test_an_attempt_that_timed_out_has_time_and_cost(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(hang=True)
    limits = Limits(wall_seconds=2, max_tokens=100)
    report = await runner.run_attempt("colours", "stub/m-1", limits=limits)
    assert report.outcome is Outcome.TIMEOUT
    assert report.evaluation is not None
    found = {each.name.value: each.raw for each in report.evaluation.components}
    assert set(found) == {"quality", "time", "cost"}
    assert (found["quality"], report.evaluation.ultimate) == (0.0, 0.0)
    assert found["time"] >= 2
    assert found["cost"] == sum(call.cost_nanousd for call in report.calls) / 1e9
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert result.evaluation == report.evaluation


async def test_what_says_nothing_about_the_model_has_no_evaluation(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(status=401)
    failed = await runner.run_attempt("colours", "stub/m-1")
    assert (failed.outcome, failed.evaluation) == (Outcome.INFRA_ERROR, None)
    endpoint.default = Reply(text="green")
    to_grade = await runner.run_attempt("colours", "stub/m-1")
    assert (to_grade.outcome, to_grade.evaluation) == (None, None)
