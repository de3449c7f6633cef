"""Failures of providers, timeouts and failures of the runner itself, and the fault that each is reported as."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest

from assay.artifacts import StoreUnreachable
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Fault
from assay.contracts.codec import encode
from assay.contracts.models import CallFault
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from services.runner.models.open_provider import ModelHandle
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, RunnerHarness, wait_for_requests

# --- providers


@pytest.mark.parametrize(
    ("reply", "fault", "requests"),
    [
        (Reply(status=500, text="a bug of theirs"), CallFault.PROVIDER, 8),
        (Reply(status=429, headers={"retry-after": "3600"}), CallFault.RATE_LIMITED, 1),
        (Reply(status=401), CallFault.AUTHENTICATION, 1),
        (Reply(raw=b"<html>"), CallFault.PROVIDER, 4),
        (Reply(hang_up=True), CallFault.CONNECTION, 4),
    ],
    ids=["broken", "busy for an hour", "key", "nonsense", "hangs up"],
)
async def test_a_provider_failure_is_an_infrastructure_error(
    runner: RunnerHarness, endpoint: FakeEndpoint, reply: Reply, fault: CallFault, requests: int
) -> None:
    endpoint.default = reply
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == (fault, False)
    assert reply.text in report.reason or reply.raw or reply.hang_up
    assert len(endpoint.bodies) == requests
    assert len(report.calls) + sum(call.retries for call in report.calls) == requests
    assert report.calls[-1].fault is fault


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(status=503, text="down for tea"), CallFault.PROVIDER),
        (Reply(status=429, text="slow down"), CallFault.RATE_LIMITED),
    ],
    ids=["down", "busy"],
)
async def test_a_provider_that_is_down_for_the_whole_run_is_an_infrastructure_error(
    runner: RunnerHarness, endpoint: FakeEndpoint, reply: Reply, fault: CallFault
) -> None:
    endpoint.default = reply
    report = await runner.run_attempt("colours", "stub/m-1", run_seconds_left=1.0)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == (fault, False)
    assert re.match(rf"{fault}: stub/m-1 has been unavailable for \d+ s: m-1 at http", report.reason)
    assert reply.text in report.reason
    assert len(endpoint.bodies) > 8, "more often than a request that may be at fault itself"
    assert len(report.calls) + sum(call.retries for call in report.calls) == len(endpoint.bodies)
    assert report.calls[-1].fault is fault
    assert report.calls[-1].cost_nanousd == 0


async def test_a_refused_key_stops_the_model_and_not_the_provider(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(status=401, text="wrong key")
    reports = await asyncio.gather(*(runner.run_attempt("colours", "stub/m-1") for _ in range(40)))
    assert len(endpoint.bodies) <= 4, "as many as were under way when the third was refused"
    assert {(report.outcome, report.fault and report.fault.kind) for report in reports} == {
        (Outcome.INFRA_ERROR, CallFault.AUTHENTICATION)
    }
    assert all("answered 401: wrong key; check the provider's key" in report.reason for report in reports)
    assert sum(len(report.calls) for report in reports) == len(endpoint.bodies)
    endpoint.default = Reply()
    assert (await runner.run_attempt("colours", "stub/m-2")).outcome is None
    models = runner.catalog.root / "models.yaml"
    models.write_text(models.read_text().replace("title: Stub", "title: Corrected"))
    async with asyncio.timeout(30):
        while (await runner.run_attempt("colours", "stub/m-1")).outcome is not None:
            await asyncio.sleep(0.1)  # the registry reads the catalogue at most once a second


async def test_retry_after_is_respected(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(status=429, headers={"retry-after": "0.4"}))
    started = time.monotonic()
    report = await runner.run_attempt("colours", "stub/m-1")
    took_seconds = time.monotonic() - started
    assert (report.outcome, report.calls[0].retries) == (None, 1)
    assert took_seconds - report.duration_seconds >= 0.4, "waiting does not count as wall time"


@pytest.mark.parametrize(
    ("model", "kind", "text"),
    [
        ("keyless/m", CallFault.AUTHENTICATION, "set KEYLESS_KEY in the runner's environment"),
        ("homeless/m", CallFault.CONFIGURATION, "set HOMELESS_URL in the runner's environment"),
        ("stubb/m", CallFault.CONFIGURATION, "unknown provider 'stubb'"),
        ("scripted/nothing", CallFault.CONFIGURATION, "does not have 'scripted/nothing'"),
    ],
)
async def test_missing_keys_and_models_are_faults_of_the_settings(
    runner: RunnerHarness, model: str, kind: CallFault, text: str
) -> None:
    report = await runner.run_attempt("colours", model)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == (kind, False)
    assert text in report.reason


async def test_keys_are_in_no_report_and_no_artifact(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(status=401, text="wrong key")
    report = await runner.run_attempt("colours", "stub/m-1")
    assert endpoint.headers[0]["authorization"] == "Bearer sk-stub-secret"
    stored = [encode(report), *[await runner.read(ref) for ref in report.artifacts.values()]]
    assert not any(b"sk-stub-secret" in data for data in stored)


@pytest.mark.parametrize("reply", [Reply(finish_reason="content_filter"), Reply(text="", refusal="No.")])
async def test_a_refusal_has_its_own_outcome(runner: RunnerHarness, endpoint: FakeEndpoint, reply: Reply) -> None:
    endpoint.default = reply
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.outcome is Outcome.REFUSED
    assert report.calls[0].cost_nanousd > 0


async def test_a_prompt_too_long_for_the_model_is_a_limit(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    error = {"message": "request (9000 tokens) exceeds 4096", "type": "exceed_context_size_error"}
    endpoint.default = Reply(status=400, raw=json.dumps({"error": error}).encode())
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.outcome is Outcome.LIMIT
    assert "exceeds 4096" in report.reason


# --- timeouts


async def test_a_timeout_keeps_the_partial_answer(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(hang=True)
    limits = Limits(wall_seconds=4, max_tokens=100)
    report = await runner.run_attempt("colours", "stub/m-1", limits=limits)
    assert report.outcome is Outcome.TIMEOUT
    assert "timed out after 4 s" in report.reason
    assert "response.txt" in report.artifacts
    (call,) = report.calls
    assert (call.fault, call.estimated) == (CallFault.TIMEOUT, True)
    assert call.cost_nanousd == PRICE.cost(input_tokens=31, output_tokens=100)


async def test_waiting_for_the_rate_limiter_does_not_count_as_wall_time(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.replies.append(Reply(silent_seconds=5.0))
    endpoint.default = Reply(silent_seconds=0.3)
    first = asyncio.create_task(runner.run_attempt("colours", "stub/m-1"))
    await wait_for_requests(endpoint)
    limits = Limits(wall_seconds=4, max_tokens=100)
    tickets = [await runner.ticket("colours", "stub/m-1", limits=limits) for _ in range(5)]
    reports = await asyncio.gather(first, *(on_ticket(ticket, runner.ports) for ticket in tickets))
    assert [report.outcome for report in reports] == [None] * 6
    assert endpoint.max_in_flight == 2, "the provider's concurrency"
    assert all(report.duration_seconds < 4 for report in reports[1:])


# --- the runner itself


class FailingStore:
    """An area of an unreachable store."""

    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        raise StoreUnreachable("the store is unreachable")

    async def get(self, ref: ArtifactRef) -> bytes:
        raise StoreUnreachable("the store is unreachable")


async def test_an_unreachable_store_asks_for_a_new_try(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    ports = replace(runner.ports, attempts=FailingStore())
    report = await on_ticket(await runner.ticket("colours", "stub/m-1"), ports)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="artifacts", message="the store is unreachable", new_try=True)
    assert not endpoint.bodies, "nothing was spent"


@pytest.mark.parametrize(
    "changes",
    [{"sample_id": "sea"}, {"public": None}, {"public": ArtifactRef(sha256="0" * 64, size_bytes=1)}],
    ids=["sample", "no bundle", "lost bundle"],
)
async def test_an_invalid_ticket_is_an_infrastructure_error(runner: RunnerHarness, changes: dict[str, Any]) -> None:
    report = await runner.run_attempt("colours", "stub/m-1", **changes)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert not report.fault.new_try


async def test_an_unexpected_error_asks_for_a_new_try(runner: RunnerHarness) -> None:
    class Broken:
        async def open(self, *arguments: object) -> ModelHandle:
            raise ZeroDivisionError("a bug")

    report = await on_ticket(await runner.ticket("colours", "stub/m-1"), replace(runner.ports, models=Broken()))
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="internal", message="a bug", new_try=True)
