"""Admits requests to one provider, and tells waiting ones why they wait."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.runner.errors import CallFailed, RateLimited
from services.runner.rate_limiter.adaptive_window import AdaptiveWindow
from services.runner.rate_limiter.clock import Clock, Timer
from services.runner.rate_limiter.token_bucket import TokenBucket
from services.runner.tries.tail_writer import OnWait

MAX_PAUSE_SECONDS = 86_400.0
"""A longer Retry-After is cut to a day."""
_INITIAL_WINDOW = 0.25


@dataclass(frozen=True, kw_only=True)
class ProviderLimits:
    """The provider's limits for all runners together; None is unlimited. With ``ramp_up``, ``concurrency`` is only
    approached, from a quarter of it; without, it is used from the start."""

    concurrency: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    ramp_up: bool = True


@dataclass(slots=True, kw_only=True)
class Permit:
    """A request in flight. ``expected_tokens`` are reserved until ``used_tokens`` is set."""

    expected_tokens: int
    generation: int
    used_tokens: int | None = None


@dataclass(slots=True, eq=False)
class _Waiter:
    tokens: int
    permit: Permit | None = None
    wakeup: asyncio.Event = field(default_factory=asyncio.Event)


class RateLimiter:
    """Admits requests to a provider in order of arrival. ``share`` is this runner's part of the provider's limits."""

    def __init__(self, name: str, limits: ProviderLimits, clock: Clock | None = None, share: float = 1.0) -> None:
        self._name, self._limits, self._clock = name, limits, clock or asyncio.get_running_loop()
        max_size = self._max_concurrency(share)
        self._window = AdaptiveWindow(max_size, math.ceil(max_size * _INITIAL_WINDOW) if limits.ramp_up else max_size)
        self._requests = self._bucket(limits.requests_per_minute, share)
        self._tokens = self._bucket(limits.tokens_per_minute, share)
        self._queue: deque[_Waiter] = deque()
        self._in_flight = 0
        self._paused_until, self._pause_reason = 0.0, ""
        self._timer: Timer | None = None

    def set_share(self, share: float) -> None:
        now = self._clock.time()
        self._window.max_size = self._max_concurrency(share)
        if self._requests:
            self._requests.resize((self._limits.requests_per_minute or 0) * share, now)
        if self._tokens:
            self._tokens.resize((self._limits.tokens_per_minute or 0) * share, now)
        self._admit()

    @asynccontextmanager
    async def acquire(
        self, tokens: int, on_wait: OnWait, max_wait_seconds: float = MAX_PAUSE_SECONDS
    ) -> AsyncGenerator[Permit]:
        """Surrounds one request to the provider, and adapts to how it ends. Raises RateLimited, without a permit, if
        the provider asked for a pause longer than ``max_wait_seconds``."""
        permit = await self._acquire(tokens, on_wait, max_wait_seconds)
        try:
            yield permit
            self._window.on_success(permit.generation, self._in_flight)
        except CallFailed as error:
            self._on_failure(permit, error)
            raise
        finally:
            self._release(permit)

    async def _acquire(self, tokens: int, on_wait: OnWait, max_wait_seconds: float) -> Permit:
        if not self._queue and self._blocked_by(tokens) is None:
            return self._grant(tokens)
        waiter = _Waiter(tokens)
        self._queue.append(waiter)
        self._admit()
        try:
            while waiter.permit is None:
                self._check_pause(max_wait_seconds)
                waiter.wakeup.clear()
                await on_wait(self._wait_reason(tokens))
                await waiter.wakeup.wait()
            return waiter.permit
        except BaseException:
            self._abandon(waiter)
            raise

    def _abandon(self, waiter: _Waiter) -> None:
        """The waiter was cancelled, perhaps just after it was admitted."""
        if waiter.permit is not None:
            waiter.permit.used_tokens = 0
            self._release(waiter.permit)
        else:
            self._queue.remove(waiter)
            self._admit()

    def _admit(self) -> None:
        """Admits waiters while the limits allow it, and sets a timer for the next one if the time is known."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            blocked_by = self._blocked_by(self._queue[0].tokens)
            if blocked_by is not None:
                if math.isfinite(blocked_by[1]):
                    self._timer = self._clock.call_later(blocked_by[1], self._admit)
                return
            waiter = self._queue.popleft()
            waiter.permit = self._grant(waiter.tokens)
            waiter.wakeup.set()

    def _blocked_by(self, tokens: int) -> tuple[str, float] | None:
        """The limit that blocks a request now, and for how many seconds (infinite if until another request ends)."""
        now = self._clock.time()
        if now < self._paused_until:
            return self._pause_reason, self._paused_until - now
        if self._in_flight >= self._window.size:
            return f"{self._in_flight} of {self._window.size} concurrent requests in use", math.inf
        if self._requests and (seconds := self._requests.wait_seconds(1, now)):
            return f"limit of {self._limits.requests_per_minute} requests per minute", seconds
        if self._tokens and (seconds := self._tokens.wait_seconds(tokens, now)):
            return f"limit of {self._limits.tokens_per_minute} tokens per minute", seconds
        return None

    def _grant(self, tokens: int) -> Permit:
        self._in_flight += 1
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(tokens)
        return Permit(expected_tokens=tokens, generation=self._window.generation)

    def _on_failure(self, permit: Permit, error: CallFailed) -> None:
        if not error.may_be_billed:
            permit.used_tokens = 0
        if isinstance(error, RateLimited):
            self._window.on_rate_limited(permit.generation)
        if error.retry_after_seconds:
            self._pause(min(error.retry_after_seconds, MAX_PAUSE_SECONDS), error)

    def _pause(self, seconds: float, error: CallFailed) -> None:
        until = self._clock.time() + seconds
        if until > self._paused_until:
            self._paused_until = until
            self._pause_reason = "rate limited (429)" if isinstance(error, RateLimited) else "Retry-After"
            for waiter in self._queue:
                waiter.wakeup.set()

    def _release(self, permit: Permit) -> None:
        self._in_flight -= 1
        if self._tokens and permit.used_tokens is not None:
            self._tokens.take(permit.used_tokens - permit.expected_tokens)
        if self._queue:
            self._admit()

    def _check_pause(self, max_wait_seconds: float) -> None:
        remaining = self._paused_until - self._clock.time()
        if remaining > max_wait_seconds:
            raise RateLimited(
                f"{self._name} accepts no requests for another {remaining:.0f} s: {self._pause_reason}. Requests wait "
                f"at most {max_wait_seconds:g} s; try again later"
            )

    def _wait_reason(self, tokens: int) -> str:
        blocked_by = self._blocked_by(tokens)
        if blocked_by is None:
            return f"waiting for {self._name}: other requests are ahead in the queue"
        reason, seconds = blocked_by
        next_in = f", next request in {math.ceil(seconds)} s" if math.isfinite(seconds) else ""
        return f"waiting for {self._name}: {reason}{next_in}"

    def _bucket(self, per_minute: int | None, share: float) -> TokenBucket | None:
        return TokenBucket(per_minute * share, self._clock.time()) if per_minute else None

    def _max_concurrency(self, share: float) -> int:
        return max(1, round(self._limits.concurrency * share))
