"""Whatever happens to requests, limits hold and none waits for ever."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from functools import partial

import pytest

from services.runner.errors import (
    AccessRefused,
    CallFailed,
    EndpointUnreachable,
    PromptTooLong,
    ProviderError,
    ProviderUnavailable,
)
from services.runner.rate_limiter import ProviderLimits, RateLimiter
from tests.runner.fakes import VirtualClock
from tests.runner.rate_limiter.harness import POLICY, rate_limited

CONCURRENCY, REQUESTS = 6, 60
RUN_SECONDS = 3600.0


def _failure(dice: random.Random) -> CallFailed:
    return dice.choice(
        [
            rate_limited(),
            rate_limited(dice.uniform(0.1, 40.0)),
            rate_limited(1e9),
            ProviderUnavailable("503"),
            EndpointUnreachable("refused"),
            EndpointUnreachable("broken", may_be_billed=True),
            ProviderError("500"),
            PromptTooLong("9000 tokens"),
            AccessRefused("401", status=401),
        ]
    )


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


@pytest.mark.parametrize("seed", range(100))
async def test_every_request_ends_and_the_concurrency_is_never_exceeded(seed: int) -> None:
    """Requests to two models arrive, are answered slowly, fail in phases of outage, or are cancelled."""
    dice, clock = random.Random(seed), VirtualClock()
    limits = ProviderLimits(concurrency=CONCURRENCY, requests_per_minute=dice.choice([None, 300]))
    limiter = RateLimiter("openai", limits, clock, policy=POLICY)
    fails_until = {model: dice.uniform(0.0, 300.0) for model in "ab"}
    in_flight: set[int] = set()

    async def on_wait(_: str) -> None:
        await asyncio.sleep(0)

    async def request(number: int) -> None:
        await clock.sleep(dice.uniform(0.0, 60.0))
        name = dice.choice("ab")
        model = limiter.model(name)
        with suppress(CallFailed):
            async with model.acquire(dice.randrange(100), on_wait, clock.time() + RUN_SECONDS) as permit:
                in_flight.add(number)
                assert len(in_flight) <= CONCURRENCY
                try:
                    if dice.random() < 0.1:
                        permit.on_data()
                    await clock.sleep(dice.choice([0.01, 1.0, 30.0]))
                    if clock.time() < 100.0 + fails_until[name] and dice.random() < 0.8:
                        raise _failure(dice)
                finally:
                    in_flight.discard(number)

    tasks = [asyncio.create_task(request(number)) for number in range(REQUESTS)]
    for task in dice.sample(tasks, 10):
        clock.call_later(dice.uniform(0.0, 200.0), partial(_cancel, task))
    await clock.advance(RUN_SECONDS + 60.0 + 30.0)
    results = await asyncio.gather(*(asyncio.wait_for(task, 1.0) for task in tasks), return_exceptions=True)
    unexpected = [result for result in results if result is not None and not isinstance(result, asyncio.CancelledError)]
    assert unexpected == []
    async with limiter.model("a").acquire(0, on_wait, clock.time() + 1.0):
        assert not in_flight
