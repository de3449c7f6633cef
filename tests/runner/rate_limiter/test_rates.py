"""Requests and tokens per minute, and adapting to a provider's own limit."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from services.runner.errors import EndpointTimeout, PromptTooLong, RateLimited
from services.runner.rate_limiter import ProviderLimits, RateLimiter
from tests.runner.fakes import VirtualClock
from tests.runner.rate_limiter.harness import names, open_limiter, rate_limited

# --- per minute


async def test_requests_per_minute_are_limited() -> None:
    async with open_limiter(concurrency=1000, requests_per_minute=60) as requests:
        await requests.start(*names(200))
        assert len(requests.in_flight) == 6, "a tenth immediately"
        assert requests.wait_reasons["r6"] == [
            "waiting for openai: limit of 60 requests per minute, next request in 2 s"
        ]
        await requests.clock.advance(180.0)
        times = [when for _, when in requests.started]
        busiest = max(sum(start <= when < start + 60 for when in times) for start in times)
        assert 55 <= busiest <= 60
        assert 165 <= len(times) <= 170


async def test_reserved_tokens_are_corrected_when_the_request_ends() -> None:
    async with open_limiter(concurrency=10, tokens_per_minute=6000) as requests:
        await requests.start(*names(3), tokens=300)
        assert list(requests.in_flight) == ["r0", "r1"], "600 immediately, then 90 per second"
        assert requests.wait_reasons["r2"] == [
            "waiting for openai: limit of 6000 tokens per minute, next request in 4 s"
        ]
        await requests.finish("r0", used_tokens=20)
        assert list(requests.in_flight) == ["r1"]
        await requests.finish("r1", used_tokens=30)
        assert list(requests.in_flight) == ["r2"], "unused tokens are available again"
        await requests.finish("r2", used_tokens=900)
        await requests.start("r3", tokens=300)
        assert not requests.in_flight
        await requests.clock.advance(7.2)
        assert not requests.in_flight, "the excess is paid off first"
        await requests.clock.advance(0.1)
        assert list(requests.in_flight) == ["r3"]


async def test_a_request_over_the_bucket_size_waits_for_a_full_bucket() -> None:
    async with open_limiter(concurrency=10, tokens_per_minute=6000) as requests:
        await requests.start("small", tokens=60)
        await requests.start("large", tokens=5000)
        assert list(requests.in_flight) == ["small"]
        await requests.clock.advance(1.0)
        assert list(requests.in_flight) == ["small", "large"]
        await requests.start("next", tokens=1)
        await requests.clock.advance(48.0)
        assert "next" not in requests.in_flight
        await requests.clock.advance(1.0)
        assert "next" in requests.in_flight


async def test_tokens_are_returned_only_if_the_request_cost_nothing() -> None:
    async with open_limiter(concurrency=10, tokens_per_minute=6000) as requests:
        await requests.start("r0", tokens=600)
        await requests.finish("r0", error=PromptTooLong("no"))
        await requests.start("r1", tokens=600)
        assert list(requests.in_flight) == ["r1"]
        await requests.finish("r1", error=EndpointTimeout("...", may_be_billed=True))
        await requests.start("r2", tokens=600)
        assert not requests.in_flight


# --- a provider's own limit


async def test_the_limiter_adapts_to_the_provider() -> None:
    """It processes 5 requests at a time, each for a second, and rejects more with Retry-After: 1. 32 tries call it."""
    clock = VirtualClock()
    limiter = RateLimiter("openai", ProviderLimits(concurrency=32), clock).model("m")
    in_flight: list[int] = []
    answered: list[float] = []
    rejected: list[float] = []

    async def on_wait(_: str) -> None:
        return

    async def answer() -> None:
        if len(in_flight) > 5:
            rejected.append(clock.time())
            raise rate_limited(1.0)
        await clock.sleep(1.0)
        answered.append(clock.time())

    async def keep_calling(number: int) -> None:
        while True:
            with suppress(RateLimited):
                async with limiter.acquire(0, on_wait):
                    in_flight.append(number)
                    try:
                        await answer()
                    finally:
                        in_flight.remove(number)

    tasks = [asyncio.create_task(keep_calling(number)) for number in range(32)]
    await clock.advance(300.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(when > 200 for when in answered) >= 200 * 5 * 0.6, "most of its capacity"
    assert len(rejected) <= len(answered) * 0.1, "few rejections"
