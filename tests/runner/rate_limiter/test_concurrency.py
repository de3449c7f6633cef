"""Concurrency, order of admission, and pauses."""

from __future__ import annotations

import asyncio

import pytest

from services.runner.errors import EndpointTimeout, ProviderError
from tests.runner.fakes import settle
from tests.runner.rate_limiter.harness import names, open_limiter, rate_limited

# --- concurrency


async def test_concurrency_is_limited_in_order_of_arrival() -> None:
    async with open_limiter(concurrency=2) as requests:
        await requests.start(*names(5))
        assert list(requests.in_flight) == ["r0", "r1"]
        assert requests.wait_reasons["r4"] == ["waiting for openai: 2 of 2 concurrent requests in use"]
        await requests.finish("r1")
        await requests.finish("r0")
        assert list(requests.in_flight) == ["r2", "r3"]
        assert requests.wait_reasons["r0"] == []


async def test_the_window_starts_at_a_quarter_and_grows_on_success() -> None:
    async with open_limiter(concurrency=8, ramp_up=True) as requests:
        await requests.start(*names(20))
        assert len(requests.in_flight) == 2
        await requests.finish("r0", "r1")
        assert len(requests.in_flight) == 4
        await requests.finish(*list(requests.in_flight))
        assert len(requests.in_flight) == 8
        await requests.finish(*list(requests.in_flight))
        assert len(requests.in_flight) == 6, "all that were left, within the limit"


async def test_the_window_does_not_grow_while_it_is_mostly_unused() -> None:
    async with open_limiter(concurrency=8, ramp_up=True) as requests:
        for name in names(20):
            await requests.start(name)
            await requests.finish(name)
        await requests.start(*names(9, first=20))
        assert len(requests.in_flight) == 3


async def test_concurrent_rejections_halve_the_window_once() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start(*names(30))
        for size in (4, 2, 1):
            *others, last = requests.in_flight
            await requests.finish(*others, error=rate_limited())
            await requests.finish(last)
            assert len(requests.in_flight) == size
        await requests.finish(*list(requests.in_flight))
        assert len(requests.in_flight) == 2, "it grows again"


async def test_after_a_rejection_the_window_grows_slowly() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start(*names(60))
        await requests.finish(*names(7), error=rate_limited())
        await requests.finish("r7")
        await requests.finish(*list(requests.in_flight))
        assert len(requests.in_flight) == 5, "four successes of a window of four add one"
        await requests.finish(*list(requests.in_flight))
        assert len(requests.in_flight) == 6


async def test_other_failures_do_not_shrink_the_window() -> None:
    async with open_limiter(concurrency=3) as requests:
        await requests.start(*names(6))
        await requests.finish("r0", error=ProviderError("oh"))
        await requests.finish("r1", error=EndpointTimeout("...", may_be_billed=True))
        await requests.finish("r2")
        assert list(requests.in_flight) == ["r3", "r4", "r5"]


@pytest.mark.parametrize(("share", "concurrency"), [(1.0, 8), (0.5, 4), (0.3, 2), (0.01, 1)])
async def test_a_runner_uses_its_share_of_the_concurrency(share: float, concurrency: int) -> None:
    async with open_limiter(share=share, concurrency=8) as requests:
        await requests.start(*names(20))
        assert len(requests.in_flight) == concurrency


async def test_a_new_share_applies_to_later_requests() -> None:
    async with open_limiter(concurrency=8) as requests:
        await requests.start(*names(20))
        requests.limiter.set_share(0.25)
        await requests.finish(*names(6))
        assert len(requests.in_flight) == 2, "requests in flight continue"
        await requests.finish("r6")
        assert list(requests.in_flight) == ["r7", "r8"]
        requests.limiter.set_share(0.5)
        await settle()
        assert len(requests.in_flight) == 4


# --- cancellation


async def test_a_cancelled_waiter_is_skipped() -> None:
    async with open_limiter(concurrency=1) as requests:
        await requests.start(*names(3))
        requests.tasks["r1"].cancel()
        await settle()
        assert requests.tasks["r1"].cancelled()
        await requests.finish("r0")
        assert list(requests.in_flight) == ["r2"]


async def test_a_waiter_cancelled_when_admitted_releases_its_permit() -> None:
    async with open_limiter(concurrency=1) as requests:
        await requests.start(*names(3))
        requests.in_flight["r0"].set_result(None)
        while requests.in_flight:
            await asyncio.sleep(0)
        requests.tasks["r1"].cancel()
        await settle()
        assert list(requests.in_flight) == ["r2"]


async def test_a_cancelled_request_releases_its_permit() -> None:
    async with open_limiter(concurrency=1) as requests:
        await requests.start(*names(2))
        requests.tasks["r0"].cancel()
        await settle()
        assert list(requests.in_flight) == ["r1"]
