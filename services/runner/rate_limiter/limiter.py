"""Admits requests to one provider, and shares its limits between its models."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from itertools import count

from assay.contracts.models import Outage
from services.runner.rate_limiter.adaptive_window import AdaptiveWindow
from services.runner.rate_limiter.clock import Clock, Timer
from services.runner.rate_limiter.model_health import ModelHealth
from services.runner.rate_limiter.model_limiter import ModelLimiter, Waiter
from services.runner.rate_limiter.retry_policy import RETRY_POLICY, RetryPolicy
from services.runner.rate_limiter.token_bucket import TokenBucket

_INITIAL_WINDOW = 0.25


@dataclass(frozen=True, kw_only=True)
class ProviderLimits:
    """The provider's limits for all runners together; None is unlimited. With ``ramp_up``, ``concurrency`` is only
    approached, from a quarter of it; without, it is used from the start."""

    concurrency: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    ramp_up: bool = True


class RateLimiter:
    """Admits requests in order of arrival, except that a model which cannot be called does not hold up the others.
    ``share`` is this runner's part of the provider's limits."""

    def __init__(
        self,
        name: str,
        limits: ProviderLimits,
        clock: Clock | None = None,
        share: float = 1.0,
        policy: RetryPolicy = RETRY_POLICY,
    ) -> None:
        self.name, self.policy, self.clock = name, policy, clock or asyncio.get_running_loop()
        self._limits, self._share = limits, share
        self._requests = self._bucket(limits.requests_per_minute)
        self._tokens = self._bucket(limits.tokens_per_minute)
        self._models: dict[str, ModelLimiter] = {}
        self._in_flight = 0
        self._timer: Timer | None = None
        self._arrivals = count()

    def model(self, name: str) -> ModelLimiter:
        """The limiter of one of the provider's models."""
        if name not in self._models:
            size = self._max_concurrency()
            window = AdaptiveWindow(size, math.ceil(size * _INITIAL_WINDOW) if self._limits.ramp_up else size)
            health = ModelHealth(f"{self.name}/{name}", self.policy)
            self._models[name] = ModelLimiter(self, window, health)
        return self._models[name]

    def set_share(self, share: float) -> None:
        self._share = share
        now = self.clock.time()
        for model in self._models.values():
            model.window.max_size = self._max_concurrency()
        if self._requests:
            self._requests.resize((self._limits.requests_per_minute or 0) * share, now)
        if self._tokens:
            self._tokens.resize((self._limits.tokens_per_minute or 0) * share, now)
        self.admit()

    def outages(self) -> list[Outage]:
        found = (model.outage() for model in self._models.values())
        return [outage for outage in found if outage]

    def next_arrival(self) -> int:
        """The place of a new request in the order of arrival."""
        return next(self._arrivals)

    def admit(self) -> None:
        """Admits waiting requests while the limits allow it, and sets a timer for the next one if the time is known."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while True:
            blocked = {model: model.blocked_by() for model in self._models.values() if model.queue}
            ready = [model for model, block in blocked.items() if block is None]
            if not ready:
                self._set_timer(min((block[1] for block in blocked.values() if block), default=math.inf))
                return
            model = min(ready, key=lambda model: model.queue[0].arrival)
            if block := self.blocked_by(model.queue[0].tokens):
                self._set_timer(min([block[1], *(each[1] for each in blocked.values() if each)]))
                return
            self._start(model)

    def blocked_by(self, tokens: int) -> tuple[str, float] | None:
        """The provider's limit that blocks a request now, and for how many seconds (infinite if until another request
        ends)."""
        now = self.clock.time()
        concurrency = self._max_concurrency()
        if self._in_flight >= concurrency:
            return f"{self._in_flight} of {concurrency} concurrent requests in use", math.inf
        if self._requests and (seconds := self._requests.wait_seconds(1, now)):
            return f"limit of {self._limits.requests_per_minute} requests per minute", seconds
        if self._tokens and (seconds := self._tokens.wait_seconds(tokens, now)):
            return f"limit of {self._limits.tokens_per_minute} tokens per minute", seconds
        return None

    def release(self, waiter: Waiter, used_tokens: int | None) -> None:
        """A request ended. ``used_tokens`` None: as many as expected."""
        self._in_flight -= 1
        if self._tokens and used_tokens is not None:
            self._tokens.take(used_tokens - waiter.tokens)
        self.admit()

    def _start(self, model: ModelLimiter) -> None:
        self._in_flight += 1
        waiter = model.start_next()
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(waiter.tokens)

    def _set_timer(self, seconds: float) -> None:
        if math.isfinite(seconds):
            self._timer = self.clock.call_later(seconds, self.admit)

    def _bucket(self, per_minute: int | None) -> TokenBucket | None:
        return TokenBucket(per_minute * self._share, self.clock.time()) if per_minute else None

    def _max_concurrency(self) -> int:
        return max(1, round(self._limits.concurrency * self._share))
