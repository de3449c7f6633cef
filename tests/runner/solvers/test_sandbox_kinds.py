"""The kind of sandbox that a run asks for, and runners that cannot provide it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from assay.sandbox.process import WARNING
from assay.sandbox.selection import provider_for_setting
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import SUBMIT, RunnerHarness, queue_calls
from tests.sandbox.fakes import CountingProvider, auto_provider

WRITE = ("bash", json.dumps({"command": "echo 'def total(*n): return sum(n)' > total.py"}))


async def run_attempt(runner: RunnerHarness, allowed: str, kind: str, task_id: str = "fix_sum") -> AttemptExecuted:
    runner.ports = replace(runner.ports, sandboxes=provider_for_setting(allowed))
    limits = Limits(wall_seconds=30.0, max_tokens=100, turns=9)
    return await runner.run_attempt(task_id, "stub/m-1", limits=limits, sandbox=kind)


@pytest.mark.parametrize("task_id", ["fix_sum", "by_program", "sum_files"])
async def test_a_kind_the_runner_does_not_allow_is_an_infrastructure_error(
    runner: RunnerHarness, endpoint: FakeEndpoint, task_id: str
) -> None:
    endpoint.default.text = "```python total.py\ndef total(*n): return sum(n)\n```"
    report = await run_attempt(runner, "bubblewrap", "docker", task_id)
    assert report.fault is not None
    assert (report.outcome, report.fault.kind, report.fault.new_try) == (Outcome.INFRA_ERROR, "sandbox", True)
    assert "operator allows bubblewrap" in report.reason


async def test_an_unavailable_docker_is_an_infrastructure_error(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    unavailable = auto_provider(
        CountingProvider("bubblewrap", available=False), CountingProvider("docker", available=False)
    )
    runner.ports = replace(runner.ports, sandboxes=unavailable)
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=Limits(turns=9))
    assert report.fault is not None
    assert (report.outcome, report.fault.new_try, endpoint.bodies) == (Outcome.INFRA_ERROR, True, [])
    assert "docker: gone" in report.reason


@pytest.mark.parametrize(("kind", "notes"), [("process", [WARNING]), ("", [])])
async def test_only_runs_that_ask_for_no_isolation_get_it_with_a_warning(
    runner: RunnerHarness, endpoint: FakeEndpoint, kind: str, notes: list[str]
) -> None:
    queue_calls(endpoint, (WRITE, SUBMIT))
    report = await run_attempt(runner, "auto,process", kind)
    assert report.outcome is None
    assert json.loads(await runner.read(report.artifacts["result.json"]))["notes"] == notes
