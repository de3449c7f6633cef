"""Deduplication of recent message ids."""

from __future__ import annotations

from assay.bus.memory.clock import Clock

WINDOW_SECONDS = 120.0


class RecentIds:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stored: dict[str, float] = {}

    def is_new(self, message_id: str) -> bool:
        """Record the id; whether it was not seen within the window before."""
        now = self._clock.now()
        self._drop_older(now - WINDOW_SECONDS)
        if message_id in self._stored:
            return False
        self._stored[message_id] = now
        return True

    def _drop_older(self, before: float) -> None:
        while self._stored:
            oldest = next(iter(self._stored))
            if self._stored[oldest] >= before:
                return
            del self._stored[oldest]
