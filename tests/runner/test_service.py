"""A whole runner, on the in-memory bus with the fake ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.models import CallFault, ModelSpec
from assay.contracts.rpc import CheckModels, ModelProbe, TestModel
from assay.service.endpoint import Endpoint
from services.runner.__main__ import work
from services.runner.settings import RunnerSettings
from tests.fakes.ledger.ledger import FakeLedger
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness, wait_for_requests, wait_for_tail_text


@pytest.fixture
async def ledger(runner: RunnerHarness, tmp_path: Path) -> AsyncIterator[FakeLedger]:
    """A ledger with a runner that works for it."""
    settings = RunnerSettings(artifacts_url=str(tmp_path / "artifacts"), runner_slots=4)
    stop = asyncio.Event()
    async with FakeLedger(runner.bus).serving() as ledger:
        endpoint = Endpoint("runner")
        working = asyncio.create_task(work(runner.bus, runner.models, "runner-1", settings, endpoint, stop))
        await ledger.work.wait_for_heartbeats(1)
        yield ledger
        stop.set()
        await asyncio.wait_for(working, 60)


async def reports(ledger: FakeLedger, count: int) -> list[AttemptExecuted]:
    """All reports so far, once there are ``count``."""
    await ledger.work.wait_for_reports(count)
    return [report for report in ledger.work.reports if isinstance(report, AttemptExecuted)]


async def test_models_are_checked_without_being_called(
    ledger: FakeLedger, runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    names = ("stub/m-1", "oracle", "scripted/colours", "keyless/m", "homeless/m", "local/smollm2-135m", "nobody/m-1")
    request = CheckModels(models=tuple(ModelSpec(name=name) for name in names))
    found = {each.model: each for each in (await runner.bus.rpc.request(request, 60)).problems}
    assert {name: each.fault for name, each in found.items()} == {
        "keyless/m": CallFault.AUTHENTICATION,
        "homeless/m": CallFault.CONFIGURATION,
        "nobody/m-1": CallFault.CONFIGURATION,
    }
    assert "has no key: set KEYLESS_KEY" in found["keyless/m"].reason
    assert "set the provider's key" in found["keyless/m"].remedy
    assert not endpoint.bodies


async def test_every_order_gets_a_report(ledger: FakeLedger, runner: RunnerHarness) -> None:
    tickets = [
        await runner.ticket("colours", "stub/m-1", attempt_id="a-1"),
        await runner.ticket("colours", "oracle", attempt_id="a-2"),
        await runner.ticket("sum_files", "oracle", attempt_id="a-3"),
        await runner.ticket("colours", "scripted/colours", attempt_id="a-4"),
        await runner.ticket("sum_files", "stub/m-1", attempt_id="a-5"),
    ]
    await ledger.work.order(*tickets)
    by_attempt = {report.attempt_id: report for report in await reports(ledger, 5)}
    assert {name: report.outcome for name, report in by_attempt.items()} == {
        "a-1": None,
        "a-2": None,
        "a-3": None,
        "a-4": None,
        "a-5": "agent_error",
    }
    assert all(report.worker_id == "runner-1" for report in by_attempt.values())
    assert ledger.work.heartbeats


@pytest.mark.parametrize("read_timeout_seconds", [4.0])
async def test_a_model_probe_reports_success_or_the_fault(
    ledger: FakeLedger, runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    async def probe(model: str) -> ModelProbe:
        return await runner.bus.rpc.request(TestModel(model=model), timeout_seconds=60)

    success = await probe("stub/m-1")
    assert (success.ok, success.message, success.fault) == (True, "hello world", None)
    assert endpoint.bodies[0]["max_tokens"] == 16
    endpoint.default = Reply(status=401, text="wrong key")
    wrong = await probe("stub/m-1")
    assert (wrong.ok, wrong.fault) == (False, CallFault.AUTHENTICATION)
    assert "wrong key" in wrong.message
    endpoint.default = Reply(hang=True)
    assert (await probe("stub/m-1")).fault is CallFault.TIMEOUT
    assert (await probe("nobody/m-1")).fault is CallFault.CONFIGURATION
    assert (await probe("oracle")).ok


async def test_the_heartbeat_sets_the_share_of_the_rate_limits(
    ledger: FakeLedger, runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(silent_seconds=0.05)
    ledger.work.share = 0.5
    first = await runner.ticket("colours", "stub/m-1", attempt_id="a-0", lease_seconds=0.3)
    await ledger.work.order(first)
    await reports(ledger, 1)
    await ledger.work.wait_for_heartbeats(2)
    await ledger.work.order(*[await runner.ticket("colours", "stub/m-1", attempt_id=f"a-{n}") for n in range(1, 5)])
    await reports(ledger, 5)
    assert endpoint.max_in_flight == 1, "half of its concurrency of 2"


@pytest.mark.parametrize("waiting_for", ["a grant", "the rate limiter", "an answer"])
async def test_a_lost_lease_interrupts_any_wait(
    ledger: FakeLedger, runner: RunnerHarness, endpoint: FakeEndpoint, waiting_for: str
) -> None:
    if waiting_for == "the rate limiter":
        endpoint.default = Reply(status=429, headers={"retry-after": "50"})
    else:
        endpoint.default = Reply(hang=True)
    grant = 0 if waiting_for == "a grant" else 10**9
    ledger.grants.faults.extend(["before"] * 1000)
    words = {
        "a grant": "waiting for a grant",
        "the rate limiter": "rate limited (429)",
        "an answer": "calling the model",
    }
    async with runner.bus.tail.listen(subjects.tail("default", "a", "a-1")) as frames:
        await ledger.work.order(
            await runner.ticket("colours", "stub/m-1", attempt_id="a-1", grant_nanousd=grant, lease_seconds=0.3)
        )
        await wait_for_tail_text(frames, words[waiting_for])
    await wait_for_requests(endpoint, 0 if waiting_for == "a grant" else 1)
    ledger.work.lost = {"a-1"}
    (report,) = await asyncio.wait_for(reports(ledger, 1), 20)
    assert report.fault is not None
    assert report.fault.kind == "interrupted"
    assert len(report.calls) == (0 if waiting_for == "a grant" else 1)
    assert [call.cost_nanousd > 0 for call in report.calls] in ([], [waiting_for == "an answer"])
