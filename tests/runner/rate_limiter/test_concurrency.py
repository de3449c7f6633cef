"""The turns at a provider: how many at once, who comes first, and how long nobody asks."""

from __future__ import annotations

import asyncio

import pytest

from services.runner.errors import EndpointSilent, ProviderBroken, RateLimited
from tests.runner.fakes import settle
from tests.runner.rate_limiter.harness import busy, names, provider

# --- places


async def test_no_more_at_once_than_allowed_and_first_come_first_served() -> None:
    async with provider(concurrency=2) as one:
        await one.ask(*names(5))
        assert list(one.asking) == ["t0", "t1"]
        assert one.said["t4"] == ["waiting for a place at openai: 2 of 2 places are taken"]
        await one.end("t1")
        await one.end("t0")
        assert list(one.asking) == ["t2", "t3"]
        assert one.said["t0"] == []


async def test_a_provider_not_known_is_begun_with_a_quarter_and_more_is_taken_while_it_goes_well() -> None:
    async with provider(concurrency=8, sure=False) as one:
        await one.ask(*names(20))
        assert len(one.asking) == 2
        await one.end("t0", "t1")
        assert len(one.asking) == 4
        await one.end(*list(one.asking))
        assert len(one.asking) == 8
        await one.end(*list(one.asking))
        assert len(one.asking) == 6, "never more than allowed, and all that were left"


async def test_places_that_nobody_needs_teach_nothing() -> None:
    async with provider(concurrency=8, sure=False) as one:
        for name in names(20):
            await one.ask(name)
            await one.end(name)
        await one.ask(*names(9, first=20))
        assert len(one.asking) == 3


async def test_requests_refused_together_halve_the_places_once() -> None:
    async with provider(concurrency=8) as one:
        await one.ask(*names(30))
        await one.end(*names(8), error=busy())
        assert len(one.asking) == 4
        await one.end(*list(one.asking), error=busy())
        assert len(one.asking) == 2
        for _ in range(3):
            await one.end(*list(one.asking), error=busy())
        assert len(one.asking) == 1, "one always may ask"


async def test_after_the_first_refusal_places_come_back_slowly() -> None:
    async with provider(concurrency=8) as one:
        await one.ask(*names(60))
        await one.end(*names(8), error=busy())
        await one.end(*list(one.asking))
        assert len(one.asking) == 5, "four successes of four places are worth one"
        await one.end(*list(one.asking))
        assert len(one.asking) == 6


async def test_other_failures_halve_nothing() -> None:
    async with provider(concurrency=2) as one:
        await one.ask(*names(4))
        await one.end("t0", error=ProviderBroken("oh"))
        await one.end("t1", error=EndpointSilent("...", perhaps_billed=True))
        assert list(one.asking) == ["t2", "t3"]


@pytest.mark.parametrize(("share", "places"), [(1.0, 8), (0.5, 4), (0.3, 2), (0.01, 1)])
async def test_a_runner_takes_its_share(share: float, places: int) -> None:
    async with provider(share=share, concurrency=8) as one:
        await one.ask(*names(20))
        assert len(one.asking) == places


async def test_a_share_that_changes_holds_from_then_on() -> None:
    async with provider(concurrency=8) as one:
        await one.ask(*names(20))
        one.pace.share(0.25)
        await one.end(*names(6))
        assert len(one.asking) == 2, "those under way go on"
        await one.end("t6")
        assert list(one.asking) == ["t7", "t8"]
        one.pace.share(0.5)
        await settle()
        assert len(one.asking) == 4


# --- those who leave


async def test_who_stops_waiting_is_passed_over() -> None:
    async with provider(concurrency=1) as one:
        await one.ask(*names(3))
        one.tasks["t1"].cancel()
        await settle()
        assert one.tasks["t1"].cancelled()
        await one.end("t0")
        assert list(one.asking) == ["t2"]


async def test_who_stops_just_when_it_is_let_in_takes_no_place() -> None:
    async with provider(concurrency=1) as one:
        await one.ask(*names(3))
        one.asking["t0"].set_result(None)
        while one.asking:
            await asyncio.sleep(0)
        one.tasks["t1"].cancel()
        await settle()
        assert list(one.asking) == ["t2"]


async def test_who_stops_while_asking_frees_its_place() -> None:
    async with provider(concurrency=1) as one:
        await one.ask(*names(2))
        one.tasks["t0"].cancel()
        await settle()
        assert list(one.asking) == ["t1"]


# --- providers that say to wait


async def test_nobody_asks_before_the_provider_said() -> None:
    async with provider(concurrency=4) as one:
        await one.ask(*names(5))
        await one.end("t0", error=busy(12.0))
        await one.end("t1", "t2", "t3")
        await one.ask("late")
        assert not one.asking
        assert one.said["t4"][-1] == one.said["late"][-1] == "waiting for a place at openai: 429, again in 12 s"
        await one.clock.advance(11.9)
        assert not one.asking
        await one.clock.advance(0.2)
        assert list(one.asking) == ["t4", "late"]
        assert {when for _, when in one.begun[4:]} == {112.0}


async def test_the_longer_wait_counts() -> None:
    async with provider(concurrency=2) as one:
        await one.ask(*names(3))
        await one.end("t0", error=busy(30.0))
        await one.end("t1", error=busy(5.0))
        await one.clock.advance(29.0)
        assert not one.asking
        await one.clock.advance(1.0)
        assert list(one.asking) == ["t2"]


async def test_a_provider_in_trouble_may_say_to_wait_too() -> None:
    async with provider(concurrency=2) as one:
        await one.ask(*names(4))
        await one.end("t0", error=ProviderBroken("503", retry_after_seconds=3.0))
        await one.end("t1")
        assert one.said["t2"][-1] == "waiting for a place at openai: it asked to wait, again in 3 s"
        await one.clock.advance(3.0)
        assert list(one.asking) == ["t2", "t3"], "and has its places as before"


async def test_what_is_longer_than_patience_is_not_waited_for() -> None:
    async with provider(concurrency=1) as one:
        await one.ask(*names(2))
        await one.end("t0", error=busy(3600.0))
        await one.ask("late")
        for name in ("t1", "late"):
            error = one.tasks[name].exception()
            assert isinstance(error, RateLimited)
            assert "openai is not to be asked for another 3600 s (429)" in str(error)
        await one.clock.advance(3600.0)
        await one.ask("later")
        assert list(one.asking) == ["later"]


async def test_a_provider_is_asked_again_after_a_day() -> None:
    async with provider(concurrency=1) as one:
        await one.ask("t0")
        await one.end("t0", error=busy(1e9))
        await one.clock.advance(86_400.0)
        await one.ask("t1")
        assert list(one.asking) == ["t1"]
