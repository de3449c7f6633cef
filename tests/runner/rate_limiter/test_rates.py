"""Requests and tokens a minute, and what a provider bears."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from services.runner.errors import EndpointSilent, ProviderBroken, RateLimited
from services.runner.rate_limiter import Allowance, Pace
from tests.runner.fakes import Clockwork
from tests.runner.rate_limiter.harness import busy, names, provider

# --- so much a minute


async def test_requests_a_minute() -> None:
    async with provider(concurrency=1000, requests_per_minute=60) as one:
        await one.ask(*names(200))
        assert len(one.asking) == 6, "a tenth at once"
        assert one.said["t6"] == ["waiting for a place at openai: 60 requests a minute, again in 2 s"]
        await one.clock.advance(180.0)
        times = [when for _, when in one.begun]
        busiest = max(sum(start <= when < start + 60 for when in times) for start in times)
        assert 55 <= busiest <= 60
        assert 165 <= len(times) <= 170


async def test_tokens_a_minute_are_settled_when_the_request_has_ended() -> None:
    async with provider(concurrency=10, tokens_per_minute=6000) as one:
        await one.ask(*names(3), tokens=300)
        assert list(one.asking) == ["t0", "t1"], "600 at once, and then 90 a second"
        assert one.said["t2"] == ["waiting for a place at openai: 6000 tokens a minute, again in 4 s"]
        await one.end("t0", used=20)
        assert list(one.asking) == ["t1"]
        await one.end("t1", used=30)
        assert list(one.asking) == ["t2"], "what was not used is there for others"
        await one.end("t2", used=900)
        await one.ask("t3", tokens=300)
        assert not one.asking
        await one.clock.advance(7.2)
        assert not one.asking, "what was used besides is paid off first"
        await one.clock.advance(0.1)
        assert list(one.asking) == ["t3"]


async def test_a_request_for_more_tokens_than_come_at_once_waits_for_a_full_bucket() -> None:
    async with provider(concurrency=10, tokens_per_minute=6000) as one:
        await one.ask("small", tokens=60)
        await one.ask("large", tokens=5000)
        assert list(one.asking) == ["small"]
        await one.clock.advance(1.0)
        assert list(one.asking) == ["small", "large"]
        await one.ask("next", tokens=1)
        await one.clock.advance(48.0)
        assert "next" not in one.asking
        await one.clock.advance(1.0)
        assert "next" in one.asking


async def test_tokens_of_a_request_that_cost_nothing_are_given_back_and_of_one_unseen_are_not() -> None:
    async with provider(concurrency=10, tokens_per_minute=6000) as one:
        await one.ask("t0", tokens=600)
        await one.end("t0", error=ProviderBroken("500"))
        await one.ask("t1", tokens=600)
        assert list(one.asking) == ["t1"]
        await one.end("t1", error=EndpointSilent("...", perhaps_billed=True))
        await one.ask("t2", tokens=600)
        assert not one.asking


# --- a provider with a limit of its own


async def test_the_pace_finds_what_a_provider_bears() -> None:
    """One that takes 5 at once, each for a second, and refuses more with Retry-After: 1; 32 tries ask all the time."""
    clock = Clockwork()
    pace = Pace("openai", Allowance(concurrency=32), clock)
    under_way: list[int] = []
    answered: list[float] = []
    refused: list[float] = []

    async def waits(_: str) -> None:
        return

    async def answer() -> None:
        if len(under_way) > 5:
            refused.append(clock.now())
            raise busy(1.0)
        await clock.sleep(1.0)
        answered.append(clock.now())

    async def keep_asking(number: int) -> None:
        while True:
            with suppress(RateLimited):
                async with pace.turn(0, waits):
                    under_way.append(number)
                    try:
                        await answer()
                    finally:
                        under_way.remove(number)

    tasks = [asyncio.create_task(keep_asking(number)) for number in range(32)]
    await clock.advance(300.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(when > 200 for when in answered) >= 200 * 5 * 0.6, "most of what it can"
    assert len(refused) <= len(answered) * 0.1, "and few in vain"
