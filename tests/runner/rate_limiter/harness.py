"""A rate limiter in virtual time, with named requests that the test starts and finishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.runner.errors import CallFailed, RateLimited
from services.runner.rate_limiter import ProviderLimits, RateLimiter, RetryPolicy
from services.runner.rate_limiter.model_limiter import Permit
from tests.runner.fakes import VirtualClock, settle

POLICY = RetryPolicy(jitter_seconds=0.0)


class LimiterHarness:
    """Requests to ``openai/m``, or to the model that is part of the name, as in ``other:r1``. ``in_flight`` are the
    requests with a permit; ``wait_reasons`` are what each request was told while waiting. A failed request ends, as it
    would be sent again as another one."""

    def __init__(self, share: float = 1.0, wait_seconds: float = 60.0, **limits: int | bool) -> None:
        self.clock = VirtualClock()
        self.wait_seconds = wait_seconds
        provider_limits = ProviderLimits(**{"concurrency": 8, "ramp_up": False, **limits})  # type: ignore[arg-type]
        self.limiter = RateLimiter("openai", provider_limits, self.clock, share, POLICY)
        self.in_flight: dict[str, asyncio.Future[int | None]] = {}
        self.wait_reasons: dict[str, list[str]] = {}
        self.started: list[tuple[str, float]] = []
        self.permits: dict[str, Permit] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, *names: str, tokens: int = 0) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._request(name, tokens))
        await settle()

    async def finish(self, *names: str, error: CallFailed | None = None, used_tokens: int | None = None) -> None:
        for name in names:
            if error is None:
                self.in_flight[name].set_result(used_tokens)
            else:
                self.in_flight[name].set_exception(error)
        await settle()

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _request(self, name: str, tokens: int) -> None:
        reasons = self.wait_reasons.setdefault(name, [])

        async def on_wait(reason: str) -> None:
            reasons.append(reason)

        model = self.limiter.model(name.rpartition(":")[0] or "m")
        async with model.acquire(tokens, on_wait, self.clock.time() + self.wait_seconds) as permit:
            self.permits[name] = permit
            self.started.append((name, self.clock.time()))
            finished = self.in_flight[name] = asyncio.get_running_loop().create_future()
            try:
                permit.used_tokens = await finished
            finally:
                del self.in_flight[name]


@asynccontextmanager
async def open_limiter(
    share: float = 1.0, wait_seconds: float = 60.0, **limits: int | bool
) -> AsyncGenerator[LimiterHarness]:
    harness = LimiterHarness(share, wait_seconds, **limits)
    try:
        yield harness
    finally:
        await harness.close()


def rate_limited(retry_after_seconds: float | None = None) -> RateLimited:
    return RateLimited("busy", retry_after_seconds=retry_after_seconds)


def names(count: int, first: int = 0) -> list[str]:
    return [f"r{number}" for number in range(first, first + count)]
