"""A storm of 429s, with the real caller and rate limiter, in virtual time."""

from __future__ import annotations

import asyncio
import random

import pytest

from assay.bus.memory import MemoryBus
from assay.contracts.attempts import Ticket
from assay.contracts.ids import attempt_id
from assay.contracts.models import ModelSpec, Parameters, Usage
from assay.contracts.tasks import Limits, Solver
from services.runner.calls.model_caller import ModelCaller
from services.runner.errors import RateLimited
from services.runner.models import ChatMessage, Completion, ModelRequest, OnText
from services.runner.models.open_provider import ModelHandle
from services.runner.models.protocol import ignore_text
from services.runner.rate_limiter import ProviderLimits, RateLimiter
from services.runner.tries.tail_buffer import TailBuffers
from services.runner.tries.tail_writer import TailWriter
from services.runner.tries.wall_clock import WallClock
from tests.runner.fakes import VirtualClock

CONCURRENCY, REQUESTS = 8, 1200
CALL_SECONDS = 0.5
STORM_BEGINS, STORM_ENDS = 120.0, 150.0
"""In virtual time, which begins at 100."""
REQUEST = ModelRequest(messages=(ChatMessage(role="user", content="?"),), parameters=Parameters(max_tokens=8))


class StormyModel:
    """While the storm lasts, nine of ten calls are rate limited."""

    def __init__(self, clock: VirtualClock, retry_after_seconds: float | None) -> None:
        self.calls_at: list[float] = []
        self.concurrency: list[tuple[float, int]] = []
        self._clock, self._retry_after_seconds = clock, retry_after_seconds
        self._random, self._in_flight = random.Random(1), 0

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        self._in_flight += 1
        self.calls_at.append(self._clock.time())
        self.concurrency.append((self._clock.time(), self._in_flight))
        try:
            await self._clock.sleep(CALL_SECONDS)
            if STORM_BEGINS <= self._clock.time() < STORM_ENDS and self._random.random() < 0.9:
                raise RateLimited("slow down", retry_after_seconds=self._retry_after_seconds)
        finally:
            self._in_flight -= 1
        return Completion(text="ok", usage=Usage(input_tokens=1, output_tokens=1))

    def calls_between(self, begin: float, end: float) -> int:
        return sum(begin <= at < end for at in self.calls_at)

    def highest_concurrency(self, begin: float, end: float) -> int:
        return max((count for at, count in self.concurrency if begin <= at < end), default=0)


async def call(handle: ModelHandle, number: int) -> Completion:
    """One attempt's request, as its run of an hour makes it."""
    ticket = Ticket(
        attempt_id=attempt_id("01h", number),
        token=1,
        project="default",
        lease_seconds=15.0,
        task_id="t",
        task_digest="d" * 64,
        sample_id="s",
        repeat=1,
        model=ModelSpec(name="stub/m"),
        solver=Solver.ANSWER,
        limits=Limits(wall_seconds=60, max_tokens=8),
        run_seconds_left=3600.0,
    )
    clock = WallClock(60.0)
    caller = ModelCaller(ticket, handle, None, clock, TailWriter(ticket, MemoryBus().tail, TailBuffers().open(ticket)))
    async with clock:
        return await caller.complete(REQUEST)


@pytest.mark.parametrize("retry_after_seconds", [None, 2.0], ids=["without Retry-After", "with Retry-After"])
async def test_a_storm_fails_no_request_and_wastes_few_calls(retry_after_seconds: float | None) -> None:
    """At most half as many calls again as there are requests are made while it lasts, and within 30 s after it the
    concurrency is what it was before."""
    clock = VirtualClock()
    model = StormyModel(clock, retry_after_seconds)
    limiter = RateLimiter("stub", ProviderLimits(concurrency=CONCURRENCY), clock)
    handle = ModelHandle(model=model, rate_limiter=limiter.model("m"))
    tasks = [asyncio.create_task(call(handle, number)) for number in range(REQUESTS)]
    await clock.advance(STORM_ENDS + 30.0 - clock.time())
    waiting = sum(not task.done() for task in tasks)
    await clock.advance(600.0)
    completions = await asyncio.gather(*tasks)

    assert {completion.text for completion in completions} == {"ok"}
    assert waiting > 0, "there was work to do all the time"
    assert model.highest_concurrency(0.0, STORM_BEGINS) == CONCURRENCY
    assert model.highest_concurrency(STORM_ENDS, STORM_ENDS + 30.0) == CONCURRENCY
    assert len(model.calls_at) <= 1.5 * REQUESTS
    in_storm = model.calls_between(STORM_BEGINS, STORM_ENDS)
    assert in_storm <= 40, "while nearly all calls are refused, one at a time tests the provider"
