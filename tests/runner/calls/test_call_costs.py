"""The cost of a try, to the nano-dollar."""

from __future__ import annotations

import asyncio
import time

import pytest

from assay.contracts.models import CallFault, Usage
from assay.contracts.money import Price
from services.runner.models.protocol import ChatMessage
from services.runner.tries.try_context import TryContext
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, RunnerHarness


async def test_a_call_costs_its_usage_to_the_nano_dollar(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}}
    endpoint.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    started = time.monotonic()
    (call,) = (await runner.run_attempt("colours", "stub/m-1")).calls
    took_seconds = time.monotonic() - started
    assert call.usage == Usage(input_tokens=11, cached_tokens=4, output_tokens=7, reasoning_tokens=3)
    # 7 x 2500 + 4 x 1250 + 7 x 10000.000001, rounded up
    assert call.cost_nanousd == 17_500 + 5_000 + 70_001
    assert (call.price_version, call.estimated, call.retries, call.fault) == ("2026-01", False, 0, None)
    assert 0 < call.latency_seconds < took_seconds


async def test_concurrent_requests_are_all_booked(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    try_, message = (
        TryContext(await runner.ticket("colours", "stub/m-1"), runner.ports),
        ChatMessage(role="user", content="?"),
    )
    await asyncio.gather(try_.turn([message]), try_.turn([message]))
    assert len(try_.calls) == len(endpoint.bodies) == 2


async def test_unreported_usage_is_estimated(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="blue " * 20, usage=None)
    (call,) = (await runner.run_attempt("colours", "stub/m-1")).calls
    assert call.estimated
    assert call.usage == Usage(input_tokens=24, output_tokens=21)
    assert call.cost_nanousd == PRICE.cost(input_tokens=24, output_tokens=21)


async def test_a_local_model_is_booked_at_zero_cost(runner: RunnerHarness) -> None:
    free = Price(version="local", local=True)
    (call,) = (await runner.run_attempt("colours", "stub/m-1", price=free)).calls
    assert (call.cost_nanousd, call.price_version, call.usage.input_tokens) == (0, "local", 11)


@pytest.mark.parametrize("read_timeout_seconds", [4.0])
async def test_failed_requests_are_counted_and_possibly_charged_ones_booked(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.replies.extend([Reply(status=500), Reply(hang=True), Reply(status=429, headers={"retry-after-ms": "1"})])
    report = await runner.run_attempt("colours", "stub/m-1")
    lost, answered = report.calls
    assert (lost.fault, lost.estimated, lost.retries) == (CallFault.TIMEOUT, True, 1)
    assert lost.usage == Usage(input_tokens=int(24 * 1.25) + 1, output_tokens=100), "the worst case"
    assert lost.cost_nanousd == PRICE.cost(input_tokens=31, output_tokens=100)
    assert (answered.fault, answered.estimated, answered.retries) == (None, False, 1)
    assert len(report.calls) + sum(call.retries for call in report.calls) == len(endpoint.bodies) == 4
