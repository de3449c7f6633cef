"""An attempt whose programs lack a CPU is tried again, and is not counted as a timeout of the model."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from msgspec import structs

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import decode
from assay.contracts.results import Result
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import SUBMIT, RunnerHarness, queue_calls
from tests.sandbox.throttled import ThrottledProvider

COMPUTE = ("bash", json.dumps({"command": "python3 -c 'while True: pass'", "timeout_seconds": 20}))
SLEEP = ("bash", json.dumps({"command": "sleep 20", "timeout_seconds": 20}))


async def attempt(
    runner: RunnerHarness, endpoint: FakeEndpoint, call: tuple[str, str], wall_seconds: float
) -> AttemptExecuted:
    queue_calls(endpoint, (call,))
    limits = Limits(wall_seconds=wall_seconds, max_tokens=100, turns=9)
    ticket = await runner.ticket("fix_sum", "stub/m-1", limits=limits)
    return await on_ticket(ticket, replace(runner.ports, sandboxes=ThrottledProvider()))


@pytest.mark.slow
async def test_a_timeout_while_programs_lacked_a_cpu_is_the_hosts(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    report = await attempt(runner, endpoint, COMPUTE, wall_seconds=4.0)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.reason.startswith("host: the host is too busy: of 4 s, programs were ready to run for")
    assert report.fault is not None and report.fault.new_try


@pytest.mark.slow
async def test_a_timeout_while_programs_slept_is_the_models(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    report = await attempt(runner, endpoint, SLEEP, wall_seconds=4.0)
    assert report.outcome is Outcome.TIMEOUT
    assert report.fault is None


@pytest.mark.slow
async def test_a_tool_call_that_lacked_a_cpu_ends_the_try(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    call = ("bash", json.dumps({"command": "python3 -c 'while True: pass'", "timeout_seconds": 1}))
    report = await attempt(runner, endpoint, call, wall_seconds=60.0)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None and (report.fault.kind, report.fault.new_try) == ("sandbox", True)


async def test_the_result_says_what_the_programs_used(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    program = "python3 -c 'import time\nx = bytearray(50 << 20)\nwhile time.process_time() < 0.2: pass'"
    queue_calls(endpoint, (("bash", json.dumps({"command": program})), SUBMIT))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=structs.replace(Limits(), turns=9))
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert 0.15 < result.cpu_seconds < 2.0
    assert 50 << 20 < result.peak_memory_bytes < 80 << 20
