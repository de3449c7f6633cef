"""So much a minute."""

from __future__ import annotations

_AT_ONCE = 0.1
_SLACK = 1e-6


class Bucket:
    """A tenth of a minute's amount (1 at least) may be taken at once, and nine tenths come evenly, so that in no
    minute, wherever it begins, more than a minute's amount is taken. What is more than may be taken at once is taken
    when the bucket is full, and paid off afterwards."""

    def __init__(self, per_minute: float, now: float) -> None:
        self._per_minute = per_minute
        self._level = self._most
        self._at = now

    def resize(self, per_minute: float, now: float) -> None:
        """What was taken stays taken."""
        self._fill(now)
        taken = self._most - self._level
        self._per_minute = per_minute
        self._level = self._most - taken

    def wait_seconds(self, amount: float, now: float) -> float:
        """How long until so much can be taken; 0 for at once."""
        self._fill(now)
        missing = min(amount, self._most) - self._level
        return 0.0 if missing <= _SLACK else missing / self._per_second

    def take(self, amount: float) -> None:
        """A negative amount is given back."""
        self._level = min(self._most, self._level - amount)

    @property
    def _most(self) -> float:
        return max(1.0, self._per_minute * _AT_ONCE)

    @property
    def _per_second(self) -> float:
        return self._per_minute * (1 - _AT_ONCE) / 60

    def _fill(self, now: float) -> None:
        self._level = min(self._most, self._level + (now - self._at) * self._per_second)
        self._at = now
