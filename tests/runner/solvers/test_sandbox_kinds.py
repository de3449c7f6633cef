"""The kind of sandbox that a run asks for, and what a runner does that cannot give it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from assay.sandbox.process import WARNING
from assay.sandbox.selection import provider_for_setting
from tests.runner.endpoint import Endpoint
from tests.runner.harness import SUBMIT, Room, calls
from tests.sandbox.fakes import CountingProvider, auto_provider

WRITE = ("bash", json.dumps({"command": "echo 'def total(*n): return sum(n)' > total.py"}))


async def make(runner: Room, allowed: str, wish: str, task_id: str = "mend") -> AttemptExecuted:
    runner.ports = replace(runner.ports, sandboxes=provider_for_setting(allowed))
    limits = Limits(wall_seconds=30.0, max_tokens=100, turns=9)
    return await runner.make(task_id, "stub/m-1", limits=limits, sandbox=wish)


@pytest.mark.parametrize("task_id", ["mend", "by_program", "sum_files"])
async def test_a_kind_this_runner_does_not_give_is_nobodys_failure_but_ours(
    runner: Room, served: Endpoint, task_id: str
) -> None:
    served.default.text = "```python total.py\ndef total(*n): return sum(n)\n```"
    report = await make(runner, "bubblewrap", "docker", task_id)
    assert report.fault is not None
    assert (report.outcome, report.fault.kind, report.fault.new_try) == (Outcome.INFRA_ERROR, "sandbox", True)
    assert "operator allows bubblewrap" in report.reason


async def test_a_docker_that_is_not_there_is(runner: Room, served: Endpoint) -> None:
    nowhere = auto_provider(
        CountingProvider("bubblewrap", available=False), CountingProvider("docker", available=False)
    )
    runner.ports = replace(runner.ports, sandboxes=nowhere)
    report = await runner.make("mend", "stub/m-1", limits=Limits(turns=9))
    assert report.fault is not None
    assert (report.outcome, report.fault.new_try, served.bodies) == (Outcome.INFRA_ERROR, True, [])
    assert "docker: gone" in report.reason


@pytest.mark.parametrize(("wish", "notes"), [("process", [WARNING]), ("", [])])
async def test_no_isolation_is_for_who_names_it_and_is_said(
    runner: Room, served: Endpoint, wish: str, notes: list[str]
) -> None:
    calls(served, (WRITE, SUBMIT))
    report = await make(runner, "auto,process", wish)
    assert report.outcome is None
    assert json.loads(await runner.read(report.artifacts["result.json"]))["notes"] == notes
