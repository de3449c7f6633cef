"""Pauses that a provider asks for with Retry-After."""

from __future__ import annotations

import pytest

from services.runner.errors import ProviderError, ProviderUnavailable, RateLimited
from tests.runner.rate_limiter.harness import names, open_limiter, rate_limited


async def test_no_request_of_the_model_is_sent_before_retry_after() -> None:
    async with open_limiter(concurrency=4) as requests:
        await requests.start(*names(5))
        await requests.finish("r0", error=rate_limited(12.0))
        await requests.finish("r1", "r2", "r3")
        await requests.start("late")
        assert not requests.in_flight
        assert (
            requests.wait_reasons["r4"][-1]
            == requests.wait_reasons["late"][-1]
            == "waiting for provider, 12 s: openai/m is rate limited (429)"
        )
        await requests.clock.advance(11.9)
        assert not requests.in_flight
        await requests.clock.advance(0.2)
        assert list(requests.in_flight) == ["r4", "late"], "the model answered others meanwhile"
        assert {when for _, when in requests.started[4:]} == {112.0}


async def test_after_retry_after_one_request_goes_first() -> None:
    async with open_limiter(concurrency=4) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=rate_limited(12.0))
        await requests.start(*names(4, first=1))
        await requests.clock.advance(12.0)
        assert list(requests.in_flight) == ["r1"]
        await requests.finish("r1", error=rate_limited(20.0))
        await requests.clock.advance(20.0)
        await requests.finish("r2")
        assert list(requests.in_flight) == ["r3", "r4"]


async def test_retry_after_does_not_block_other_models() -> None:
    async with open_limiter(concurrency=4) as requests:
        await requests.start(*names(4), "other:r1", "other:r2")
        await requests.finish("r0", error=rate_limited(30.0))
        await requests.start("late", "other:r3")
        await requests.finish("r1", "r2", "r3", "other:r1")
        assert list(requests.in_flight) == ["other:r2", "other:r3"]
        assert requests.wait_reasons["other:r3"] == ["waiting for openai: 4 of 4 concurrent requests in use"]


async def test_the_models_of_a_provider_share_its_limits() -> None:
    async with open_limiter(concurrency=3) as requests:
        await requests.start("a:1", "b:1", "a:2", "b:2", "c:1", "a:3")
        assert list(requests.in_flight) == ["a:1", "b:1", "a:2"]
        await requests.finish("a:1", "b:1")
        assert list(requests.in_flight) == ["a:2", "b:2", "c:1"], "in order of arrival"
    async with open_limiter(concurrency=100, requests_per_minute=60) as requests:
        await requests.start(*(f"{model}:{number}" for number in range(5) for model in "ab"))
        assert len(requests.in_flight) == 6


async def test_a_long_wait_is_reported_again_with_the_time_left() -> None:
    async with open_limiter(concurrency=1, wait_seconds=10_800.0) as requests:
        await requests.start(*names(2))
        await requests.finish("r0", error=rate_limited(90.0))
        await requests.clock.advance(18.0)
        await requests.start("late")
        text = "waiting for provider, 1 min {} s: openai/m is rate limited (429)"
        assert requests.wait_reasons["late"] == [text.format(12)]
        assert requests.wait_reasons["r1"][-2:] == [text.format(30), text.format(20)]
        await requests.clock.advance(72.0)
        assert list(requests.in_flight) == ["r1"]


async def test_the_longest_retry_after_counts() -> None:
    async with open_limiter(concurrency=2) as requests:
        await requests.start(*names(3))
        await requests.finish("r0", error=rate_limited(30.0))
        await requests.finish("r1", error=rate_limited(5.0))
        await requests.clock.advance(29.0)
        assert not requests.in_flight
        await requests.clock.advance(1.0)
        assert list(requests.in_flight) == ["r2"]


async def test_retry_after_of_a_server_error_is_respected() -> None:
    async with open_limiter(concurrency=2) as requests:
        await requests.start(*names(4))
        await requests.finish("r0", error=ProviderError("503", retry_after_seconds=3.0))
        await requests.finish("r1")
        assert requests.wait_reasons["r2"][-1] == "waiting for provider, 3 s: openai/m asked to retry later"
        await requests.clock.advance(3.0)
        assert list(requests.in_flight) == ["r2", "r3"], "the window is unchanged"


async def test_a_retry_after_beyond_the_runs_time_ends_the_wait_at_once() -> None:
    async with open_limiter(concurrency=1) as requests:
        await requests.start(*names(2))
        await requests.finish("r0", error=rate_limited(3600.0))
        await requests.start("late")
        for name in ("r1", "late"):
            error = requests.tasks[name].exception()
            assert isinstance(error, RateLimited)
            assert error.final
            assert "openai/m is rate limited (429) and accepts no requests for another 1 h 0 min, " in str(error)


async def test_a_retry_after_blocks_no_longer_than_the_run_may_last_that_received_it() -> None:
    async with open_limiter(concurrency=1, wait_seconds=60.0) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=rate_limited(1e9))
        requests.wait_seconds = 100_000.0
        await requests.start("of a longer run")
        assert not requests.in_flight
        await requests.clock.advance(60.0)
        assert list(requests.in_flight) == ["of a longer run"]


async def test_a_pause_lasts_at_most_a_day() -> None:
    async with open_limiter(concurrency=1, wait_seconds=1e9) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=rate_limited(1e9))
        await requests.start("r1")
        await requests.clock.advance(86_400.0)
        assert list(requests.in_flight) == ["r1"]


@pytest.mark.parametrize("error", [RateLimited("busy"), ProviderUnavailable("503")])
async def test_a_cancelled_waiter_stops_waiting_at_once(error: RateLimited | ProviderUnavailable) -> None:
    async with open_limiter(concurrency=1) as requests:
        await requests.start("r0")
        await requests.finish("r0", error=error)
        await requests.start("r1", "r2")
        requests.tasks["r1"].cancel()
        await requests.clock.advance(0.0)
        assert requests.tasks["r1"].cancelled()
        await requests.clock.advance(1.0)
        assert list(requests.in_flight) == ["r2"]
