"""Whether a model answers: pauses that its provider asks for, outages and refusals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assay.contracts.models import NOT_SENT, Outage
from services.runner.errors import AccessRefused, CallFailed, CallPermanent, RateLimited
from services.runner.rate_limiter.retry_policy import RetryPolicy
from services.runner.text import clean, duration_text

MAX_PAUSE_SECONDS = 86_400.0
"""A longer Retry-After is cut to a day."""
MAX_TEST_SECONDS = 20.0
"""A test request that has not failed by then shows that the provider accepts requests again."""
FORGET_SECONDS = 60.0
"""After this time without requests, an outage counts as over until a request fails again."""
REFUSALS = 3
REFUSED_SECONDS = 30.0
"""After so many equal refusals in a row, the model's requests fail without being sent for this time."""
_ERROR_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Why no request can be sent for ``seconds``. ``by_test``: until the end of a test request."""

    reason: str
    seconds: float
    by_test: bool = False


class ModelHealth:
    """A circuit breaker. Any failure that a retry may heal opens it; then one request at a time tests the model, after
    growing waits, until one succeeds. ``generation`` changes whenever the breaker opens or a test fails, so that
    requests sent together count as one failure."""

    def __init__(self, name: str, policy: RetryPolicy) -> None:
        self._name, self._policy = name, policy
        self.generation = 0
        self._seen_alive = False
        self._paused_until = self._asked_until = 0.0
        self._pause_reason, self._pause_error = "", CallFailed("")
        self._open = False
        self._failures, self._failing_since, self._failed_at = 0, 0.0, 0.0
        self._retry_at = 0.0
        self._testing_since: float | None = None
        self._error: CallFailed | None = None
        self._refusal: AccessRefused | None = None
        self._refusals, self._refused_until = 0, 0.0

    def blocked_by(self, now: float) -> Blocked | None:
        if now < self._paused_until:
            seconds = self._paused_until - now
            return Blocked(reason=f", {duration_text(seconds)}: {self._name} {self._pause_reason}", seconds=seconds)
        if not self._open:
            return None
        if self._testing_since is not None:
            seconds = self._testing_since + MAX_TEST_SECONDS - now
            if seconds <= 0:
                return None
            text = f": one request tests whether {self._name} answers again; it has been unavailable {self._since(now)}"
            return Blocked(reason=text, seconds=seconds, by_test=True)
        if now < self._retry_at:
            seconds = self._retry_at - now
            text = f", {duration_text(seconds)}: {self._name} has been unavailable {self._since(now)}"
            return Blocked(reason=text, seconds=seconds)
        return None

    def outage(self, now: float) -> Outage | None:
        """What the model's requests wait for. None while they are sent, or fail at once because the model refuses
        them."""
        if self.blocked_by(now) is None or now < self._refused_until:
            return None
        if now < self._paused_until:
            until = datetime.now(UTC) + timedelta(seconds=self._paused_until - now)
            return Outage(model=self._name, reason=f"{self._name} {self._pause_reason}", until=until)
        error = f": {_short(self._error)}" if self._error else ""
        return Outage(model=self._name, reason=f"{self._name} is unavailable{error}")

    def raise_if_hopeless(self, now: float, give_up_at: float) -> None:
        """Raises the last error as final if waiting has no purpose: the model refuses every request, or does not answer
        for as long as the request may wait."""
        if self._refusal is not None and now < self._refused_until:
            raise type(self._refusal)(
                f"{self._refusal}{NOT_SENT} the model's last {self._refusals} requests were refused alike; the next "
                f"is sent after {duration_text(REFUSED_SECONDS)})",
                status=self._refusal.status,
            )
        if now < self._paused_until and self._asked_until > give_up_at:
            raise _final(
                self._pause_error,
                f"{self._name} {self._pause_reason} and accepts no requests for another "
                f"{duration_text(self._asked_until - now)}, longer than this one may wait "
                f"({duration_text(max(0.0, give_up_at - now))}): {_short(self._pause_error)}",
            )
        blocked = self.blocked_by(now)
        if blocked is None or not self._open or self._error is None:
            return
        down = f"{self._name} has been unavailable {self._since(now)}"
        if now >= give_up_at:
            raise _final(self._error, f"{down}; the run leaves no time to wait any longer")
        limit_seconds = self._max_outage_seconds()
        if not blocked.by_test and now - self._failing_since >= limit_seconds:
            raise _final(self._error, f"{down}; requests wait {duration_text(limit_seconds)} for it (models.yaml)")

    def on_send(self, now: float) -> bool:
        """Called before each request; returns whether it is the test of a model that does not answer."""
        if not self._open:
            return False
        if self._testing_since is not None:
            self._close()
            return False
        self._testing_since = now
        return True

    def on_answer(self) -> None:
        self._seen_alive = True
        self._refusals, self._refusal = 0, None
        self._failures, self._error = 0, None
        self._close()

    def on_failure(self, error: CallFailed, generation: int, now: float, give_up_at: float) -> bool:
        """Returns whether waiting requests should look again at what blocks them."""
        before = (self.generation, self._paused_until, self._refused_until)
        if isinstance(error, AccessRefused):
            self._on_refusal(error, now)
        elif isinstance(error, CallPermanent):
            self.on_answer()
        else:
            self._on_outage(error, generation, now)
            self._seen_alive |= isinstance(error, RateLimited) or bool(error.retry_after_seconds)
            if error.retry_after_seconds:
                self._pause(error, error.retry_after_seconds, now, give_up_at)
        return before != (self.generation, self._paused_until, self._refused_until)

    def on_abandoned(self, *, test: bool) -> None:
        """A request was cancelled: if it was the test, the next request is."""
        if test:
            self._testing_since = None

    def forget_old_outage(self, now: float) -> None:
        """Called while the model has no requests: an outage that ended meanwhile could not be noticed."""
        if self._open and self._testing_since is None and now >= max(self._failed_at, self._retry_at) + FORGET_SECONDS:
            self._failures = 0
            self._close()

    def _on_outage(self, error: CallFailed, generation: int, now: float) -> None:
        if generation != self.generation:
            return
        if self._failures == 0:
            self._failing_since = now
        self._failures += 1
        self.generation += 1
        self._open, self._testing_since = True, None
        self._error, self._failed_at = error, now
        self._retry_at = now + self._policy.wait_seconds(self._failures, billed=error.may_be_billed)

    def _pause(self, error: CallFailed, seconds: float, now: float, give_up_at: float) -> None:
        """No longer than the request that was told to wait may wait: the provider's wish may be a mistake."""
        asked_until = now + min(seconds, MAX_PAUSE_SECONDS)
        if asked_until > self._asked_until or now >= self._paused_until:
            self._pause_error = error
            self._asked_until, self._paused_until = asked_until, min(asked_until, max(give_up_at, now))
            self._pause_reason = "is rate limited (429)" if isinstance(error, RateLimited) else "asked to retry later"
            self._retry_at = max(self._retry_at, self._paused_until)

    def _on_refusal(self, error: AccessRefused, now: float) -> None:
        same = self._refusal is not None and self._refusal.status == error.status
        self._refusals = self._refusals + 1 if same else 1
        self._refusal = self._error = error
        self._failures, self._failing_since = 0, now
        self._close()
        if self._refusals >= REFUSALS:
            self._refused_until = now + REFUSED_SECONDS
            self._open, self._retry_at = True, self._refused_until

    def _close(self) -> None:
        self._open, self._testing_since = False, None

    def _max_outage_seconds(self) -> float:
        if self._policy.max_outage_seconds is not None:
            return self._policy.max_outage_seconds
        return math.inf if self._seen_alive else self._policy.max_unseen_seconds

    def _since(self, now: float) -> str:
        error = f": {_short(self._error)}" if self._error else ""
        return f"for {duration_text(now - self._failing_since)}{error}"


def _short(error: CallFailed) -> str:
    return clean(str(error), _ERROR_CHARACTERS)


def _final(error: CallFailed, text: str) -> CallFailed:
    final = type(error)(text)
    final.final = True
    return final
