"""What a try costs, to the nano-USD."""

from __future__ import annotations

import asyncio
import time

import pytest

from assay.contracts.models import CallFault, Usage
from assay.contracts.money import Price
from services.runner.models.protocol import ChatMessage
from services.runner.tries.try_context import Try
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.harness import PRICE, Room


async def test_a_call_costs_what_it_used_to_the_nano(runner: Room, served: Endpoint) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}}
    served.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    started = time.monotonic()
    (call,) = (await runner.make("colours", "stub/m-1")).calls
    took_seconds = time.monotonic() - started
    assert call.usage == Usage(input_tokens=11, cached_tokens=4, output_tokens=7, reasoning_tokens=3)
    # 7 x 2500 + 4 x 1250 + 7 x 10000.000001, rounded up
    assert call.cost_nanousd == 17_500 + 5_000 + 70_001
    assert (call.price_version, call.estimated, call.retries, call.fault) == ("2026-01", False, 0, None)
    assert 0 < call.latency_seconds < took_seconds


async def test_requests_made_at_once_are_all_paid_for(runner: Room, served: Endpoint) -> None:
    attempt, asked = (
        Try(await runner.ticket("colours", "stub/m-1"), runner.ports),
        ChatMessage(role="user", content="?"),
    )
    await asyncio.gather(attempt.turn([asked]), attempt.turn([asked]))
    assert len(attempt.calls) == len(served.bodies) == 2


async def test_usage_nobody_told_is_estimated(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="blue " * 20, usage=None)
    (call,) = (await runner.make("colours", "stub/m-1")).calls
    assert call.estimated
    assert call.usage == Usage(input_tokens=24, output_tokens=21)
    assert call.cost_nanousd == PRICE.cost(input_tokens=24, output_tokens=21)


async def test_a_local_model_costs_nothing_and_says_so(runner: Room) -> None:
    free = Price(version="local", local=True)
    (call,) = (await runner.make("colours", "stub/m-1", price=free)).calls
    assert (call.cost_nanousd, call.price_version, call.usage.input_tokens) == (0, "local", 11)


@pytest.mark.parametrize("silence_seconds", [4.0])
async def test_requests_that_failed_are_counted_and_those_that_may_be_charged_are_booked(
    runner: Room, served: Endpoint
) -> None:
    served.replies.extend([Reply(status=500), Reply(hang=True), Reply(status=429, headers={"retry-after-ms": "1"})])
    report = await runner.make("colours", "stub/m-1")
    lost, answered = report.calls
    assert (lost.fault, lost.estimated, lost.retries) == (CallFault.TIMEOUT, True, 1)
    assert lost.usage == Usage(input_tokens=int(24 * 1.25) + 1, output_tokens=100), "the worst case"
    assert lost.cost_nanousd == PRICE.cost(input_tokens=31, output_tokens=100)
    assert (answered.fault, answered.estimated, answered.retries) == (None, False, 1)
    assert len(report.calls) + sum(call.retries for call in report.calls) == len(served.bodies) == 4
