"""Finds out how many concurrent requests a provider accepts: grows on success, halves when rate limited."""

from __future__ import annotations


class AdaptiveWindow:
    """A concurrency limit between 1 and ``max_size``. Before the first rejection each success adds one; afterwards it
    takes as many successes as the window is large. It grows only while at least half of it is in use, since otherwise
    a success proves nothing. Requests admitted together halve it once: ``generation`` changes with each halving."""

    def __init__(self, max_size: int, initial_size: int) -> None:
        self.max_size = max_size
        self.generation = 0
        self._size = float(min(initial_size, max_size))

    @property
    def size(self) -> int:
        return max(1, min(self.max_size, int(self._size)))

    def on_success(self, generation: int, in_flight: int) -> None:
        if generation == self.generation and 2 * in_flight >= self.size and self._size < self.max_size:
            self._size += 1 / self.size if self.generation else 1

    def on_rate_limited(self, generation: int) -> None:
        if generation == self.generation:
            self._size = max(1.0, self.size / 2)
            self.generation += 1
