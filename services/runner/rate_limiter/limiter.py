"""A provider's turns: who may ask it now, and why the others wait."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.runner.errors import CallFailed, RateLimited
from services.runner.rate_limiter.adaptive_window import Window
from services.runner.rate_limiter.clock import Clock, LoopClock, Timer
from services.runner.rate_limiter.token_bucket import Bucket
from services.runner.tries.tail_writer import Waits

LONGEST_PAUSE_SECONDS = 86_400.0
"""A provider is asked again after a day, whatever it said."""
_BEGIN_WITH = 0.25


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a provider allows all runners together; None is no bound. ``sure`` says that its ``concurrency`` is known to
    be borne, so that it is used from the beginning."""

    concurrency: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    sure: bool = False


@dataclass(slots=True, kw_only=True)
class Turn:
    """A request under way. ``tokens`` are those it was expected to use, until ``used`` says how many there were."""

    tokens: int
    burst: int
    used: int | None = None


@dataclass(slots=True, eq=False)
class _Waiting:
    tokens: int
    turn: Turn | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Pace:
    """The turns at one provider, first come, first served; ``share`` is this runner's part of the allowance."""

    def __init__(self, name: str, allowance: Allowance, clock: Clock | None = None, share: float = 1.0) -> None:
        self._name, self._allowance, self._clock = name, allowance, clock or LoopClock()
        most = self._most(share)
        self._window = Window(most, most if allowance.sure else math.ceil(most * _BEGIN_WITH))
        self._requests = self._bucket(allowance.requests_per_minute, share)
        self._tokens = self._bucket(allowance.tokens_per_minute, share)
        self._queue: deque[_Waiting] = deque()
        self._under_way = 0
        self._closed_until, self._closed_for = 0.0, ""
        self._timer: Timer | None = None

    def share(self, share: float) -> None:
        """Another part of the allowance from now on."""
        now = self._clock.now()
        self._window.most = self._most(share)
        if self._requests:
            self._requests.resize((self._allowance.requests_per_minute or 0) * share, now)
        if self._tokens:
            self._tokens.resize((self._allowance.tokens_per_minute or 0) * share, now)
        self._admit()

    @asynccontextmanager
    async def turn(
        self, tokens: int, waits: Waits, patience_seconds: float = LONGEST_PAUSE_SECONDS
    ) -> AsyncGenerator[Turn]:
        """Held while the provider is asked; how that ends is learnt from. Raises RateLimited, without a turn, when the
        provider says to wait for longer than ``patience_seconds``."""
        turn = await self._next(tokens, waits, patience_seconds)
        try:
            yield turn
            self._window.went_well(turn.burst, self._under_way)
        except CallFailed as error:
            self._learn(turn, error)
            raise
        finally:
            self._end(turn)

    async def _next(self, tokens: int, waits: Waits, patience_seconds: float) -> Turn:
        if not self._queue and self._hindrance(tokens) is None:
            return self._begin(tokens)
        waiting = _Waiting(tokens)
        self._queue.append(waiting)
        self._admit()
        try:
            while waiting.turn is None:
                self._check_patience(patience_seconds)
                waiting.news.clear()
                await waits(self._why(tokens))
                await waiting.news.wait()
            return waiting.turn
        except BaseException:
            self._leave(waiting)
            raise

    def _leave(self, waiting: _Waiting) -> None:
        """Who waited no longer does, though it may just have been let in."""
        if waiting.turn is not None:
            waiting.turn.used = 0
            self._end(waiting.turn)
        else:
            self._queue.remove(waiting)
            self._admit()

    def _admit(self) -> None:
        """All whose turn it is; and when it will be the next one's, where the clock says that."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            hindrance = self._hindrance(self._queue[0].tokens)
            if hindrance is not None:
                if math.isfinite(hindrance[1]):
                    self._timer = self._clock.call_later(hindrance[1], self._admit)
                return
            waiting = self._queue.popleft()
            waiting.turn = self._begin(waiting.tokens)
            waiting.news.set()

    def _hindrance(self, tokens: int) -> tuple[str, float] | None:
        """Why nobody may ask now, and for how many seconds (infinite when that hangs on others)."""
        now = self._clock.now()
        if now < self._closed_until:
            return self._closed_for, self._closed_until - now
        if self._under_way >= self._window.places:
            return f"{self._under_way} of {self._window.places} places are taken", math.inf
        if self._requests and (seconds := self._requests.wait_seconds(1, now)):
            return f"{self._allowance.requests_per_minute} requests a minute", seconds
        if self._tokens and (seconds := self._tokens.wait_seconds(tokens, now)):
            return f"{self._allowance.tokens_per_minute} tokens a minute", seconds
        return None

    def _begin(self, tokens: int) -> Turn:
        self._under_way += 1
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(tokens)
        return Turn(tokens=tokens, burst=self._window.burst)

    def _learn(self, turn: Turn, error: CallFailed) -> None:
        if not error.perhaps_billed:
            turn.used = 0
        if isinstance(error, RateLimited):
            self._window.too_much(turn.burst)
        if error.retry_after_seconds:
            self._close(min(error.retry_after_seconds, LONGEST_PAUSE_SECONDS), error)

    def _close(self, seconds: float, error: CallFailed) -> None:
        until = self._clock.now() + seconds
        if until > self._closed_until:
            self._closed_until = until
            self._closed_for = "429" if isinstance(error, RateLimited) else "it asked to wait"
            for waiting in self._queue:
                waiting.news.set()

    def _end(self, turn: Turn) -> None:
        self._under_way -= 1
        if self._tokens and turn.used is not None:
            self._tokens.take(turn.used - turn.tokens)
        if self._queue:
            self._admit()

    def _check_patience(self, patience_seconds: float) -> None:
        left = self._closed_until - self._clock.now()
        if left > patience_seconds:
            raise RateLimited(
                f"{self._name} is not to be asked for another {left:.0f} s ({self._closed_for}), and no more than "
                f"{patience_seconds:g} s are waited; try again later"
            )

    def _why(self, tokens: int) -> str:
        hindrance = self._hindrance(tokens)
        if hindrance is None:
            return f"waiting for a place at {self._name}: others come first"
        why, seconds = hindrance
        again = f", again in {math.ceil(seconds)} s" if math.isfinite(seconds) else ""
        return f"waiting for a place at {self._name}: {why}{again}"

    def _bucket(self, per_minute: int | None, share: float) -> Bucket | None:
        return Bucket(per_minute * share, self._clock.now()) if per_minute else None

    def _most(self, share: float) -> int:
        return max(1, round(self._allowance.concurrency * share))
