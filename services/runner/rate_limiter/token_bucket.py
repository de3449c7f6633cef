"""A limit per minute on requests or tokens."""

from __future__ import annotations

_BURST = 0.1
_TOLERANCE = 1e-6


class TokenBucket:
    """Holds a tenth of a minute's amount (at least 1) and refills at nine tenths per minute, so that no interval of one
    minute exceeds the limit. An amount over the capacity needs a full bucket and leaves it in debt."""

    def __init__(self, per_minute: float, now: float) -> None:
        self._per_minute = per_minute
        self._level = self._capacity
        self._updated_at = now

    def resize(self, per_minute: float, now: float) -> None:
        """Keeps what is taken."""
        self._refill(now)
        taken = self._capacity - self._level
        self._per_minute = per_minute
        self._level = self._capacity - taken

    def wait_seconds(self, amount: float, now: float) -> float:
        """The time until ``amount`` can be taken; 0 if it can be taken now."""
        self._refill(now)
        missing = min(amount, self._capacity) - self._level
        return 0.0 if missing <= _TOLERANCE else missing / self._per_second

    def take(self, amount: float) -> None:
        """A negative amount is given back."""
        self._level = min(self._capacity, self._level - amount)

    @property
    def _capacity(self) -> float:
        return max(1.0, self._per_minute * _BURST)

    @property
    def _per_second(self) -> float:
        return self._per_minute * (1 - _BURST) / 60

    def _refill(self, now: float) -> None:
        self._level = min(self._capacity, self._level + (now - self._updated_at) * self._per_second)
        self._updated_at = now
