"""Admits requests to one model, and tells waiting ones why they wait."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from assay.contracts.models import Outage
from services.runner.errors import CallFailed, RateLimited
from services.runner.rate_limiter.adaptive_window import AdaptiveWindow
from services.runner.rate_limiter.clock import Clock
from services.runner.rate_limiter.model_health import ModelHealth
from services.runner.rate_limiter.retry_policy import RetryPolicy
from services.runner.tries.tail_writer import OnWait

REPORT_SECONDS = 10.0
"""How often a request that waits for the provider says so again, with the time that is left."""


@dataclass(slots=True, eq=False)
class Waiter:
    """A request, in order of ``arrival``. ``tokens`` are reserved from its admission until the used ones are known."""

    tokens: int
    arrival: int
    wakeup: asyncio.Event = field(default_factory=asyncio.Event)
    admitted: bool = False
    generation: int = 0
    window_generation: int = 0
    test: bool = False


@dataclass(slots=True, kw_only=True)
class Permit:
    """A request in flight. Call ``on_data`` when a part of the answer arrives: a test of the model has succeeded."""

    on_data: Callable[[], None]
    used_tokens: int | None = None


class Provider(Protocol):
    """What the models of a provider share."""

    name: str
    policy: RetryPolicy
    clock: Clock

    def next_arrival(self) -> int: ...
    def admit(self) -> None: ...
    def blocked_by(self, tokens: int) -> tuple[str, float] | None: ...
    def release(self, waiter: Waiter, used_tokens: int | None) -> None: ...


class ModelLimiter:
    """``queue`` holds the requests that wait for admission, which the provider's limiter gives."""

    def __init__(self, provider: Provider, window: AdaptiveWindow, health: ModelHealth) -> None:
        self.window = window
        self.queue: deque[Waiter] = deque()
        self._provider, self._health, self._clock = provider, health, provider.clock
        self._in_flight = 0

    @property
    def policy(self) -> RetryPolicy:
        return self._provider.policy

    def time(self) -> float:
        """Monotonic seconds of the limiter's clock."""
        return self._clock.time()

    async def sleep(self, seconds: float) -> None:
        passed = asyncio.Event()
        timer = self._clock.call_later(seconds, passed.set)
        try:
            await passed.wait()
        finally:
            timer.cancel()

    @asynccontextmanager
    async def acquire(self, tokens: int, on_wait: OnWait, give_up_at: float = math.inf) -> AsyncGenerator[Permit]:
        """Surrounds one request to the model, and adapts to how it ends. Raises a final CallFailed, without having
        admitted it, if the model does not answer or the provider accepts no requests until ``give_up_at``."""
        waiter = await self._wait(tokens, on_wait, give_up_at)
        permit = Permit(on_data=partial(self._on_data, waiter))
        try:
            yield permit
            self.window.on_success(waiter.window_generation, self._in_flight)
            self._health.on_answer()
        except CallFailed as error:
            self._on_failure(waiter, permit, error, give_up_at)
            raise
        except BaseException:
            self._health.on_abandoned(test=waiter.test)
            raise
        finally:
            self._release(waiter, permit.used_tokens)

    def blocked_by(self) -> tuple[str, float] | None:
        """What blocks the model's next request, and for how many seconds (infinite if until another request ends)."""
        if blocked := self._health.blocked_by(self._clock.time()):
            return blocked.reason, blocked.seconds
        if self._in_flight >= self.window.size:
            return f"{self._in_flight} of {self.window.size} concurrent requests in use", math.inf
        return None

    def outage(self) -> Outage | None:
        """What the model's requests wait for, if not for a limit."""
        return self._health.outage(self._clock.time())

    def start_next(self) -> Waiter:
        """Admits the first request in the queue."""
        waiter = self.queue.popleft()
        waiter.test = self._health.on_send(self._clock.time())
        waiter.generation, waiter.window_generation = self._health.generation, self.window.generation
        waiter.admitted = True
        self._in_flight += 1
        waiter.wakeup.set()
        return waiter

    async def _wait(self, tokens: int, on_wait: OnWait, give_up_at: float) -> Waiter:
        if not self.queue and not self._in_flight:
            self._health.forget_old_outage(self._clock.time())
        waiter = Waiter(tokens, self._provider.next_arrival())
        self.queue.append(waiter)
        try:
            self._health.raise_if_hopeless(self._clock.time(), give_up_at)
            self._provider.admit()
            while not waiter.admitted:
                await self._wait_once(waiter, on_wait, give_up_at)
            return waiter
        except BaseException:
            self._abandon(waiter)
            raise

    async def _wait_once(self, waiter: Waiter, on_wait: OnWait, give_up_at: float) -> None:
        """Returns when the request was admitted, or the model's state changed, or it is time to report again."""
        now = self._clock.time()
        self._health.raise_if_hopeless(now, give_up_at)
        waiter.wakeup.clear()
        blocked = self._health.blocked_by(now)
        await on_wait(f"waiting for provider{blocked.reason}" if blocked else self._limit_reason(waiter.tokens))
        if blocked is None:
            await waiter.wakeup.wait()
            return
        seconds = max(0.0, min(REPORT_SECONDS, give_up_at - now))
        timer = self._clock.call_later(seconds, waiter.wakeup.set)
        try:
            await waiter.wakeup.wait()
        finally:
            timer.cancel()

    def _limit_reason(self, tokens: int) -> str:
        blocked_by = self.blocked_by() or self._provider.blocked_by(tokens)
        if blocked_by is None:
            return f"waiting for {self._provider.name}: other requests are ahead in the queue"
        reason, seconds = blocked_by
        next_in = f", next request in {math.ceil(seconds)} s" if math.isfinite(seconds) else ""
        return f"waiting for {self._provider.name}: {reason}{next_in}"

    def _abandon(self, waiter: Waiter) -> None:
        """The waiter was cancelled, perhaps just after it was admitted, or waits no longer."""
        if waiter.admitted:
            self._health.on_abandoned(test=waiter.test)
            self._release(waiter, used_tokens=0)
        else:
            self.queue.remove(waiter)
            self._provider.admit()

    def _on_data(self, waiter: Waiter) -> None:
        if waiter.test:
            waiter.test = False
            self._health.on_answer()
            self._provider.admit()

    def _on_failure(self, waiter: Waiter, permit: Permit, error: CallFailed, give_up_at: float) -> None:
        if not error.may_be_billed:
            permit.used_tokens = 0
        if isinstance(error, RateLimited) and not waiter.test:
            self.window.on_rate_limited(waiter.window_generation)
        if self._health.on_failure(error, waiter.generation, self._clock.time(), give_up_at):
            for other in self.queue:
                other.wakeup.set()

    def _release(self, waiter: Waiter, used_tokens: int | None) -> None:
        self._in_flight -= 1
        self._provider.release(waiter, used_tokens)
