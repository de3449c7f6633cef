"""How many requests at once a provider bears: found out by making more while it goes well, and half when not."""

from __future__ import annotations


class Window:
    """Between 1 and ``most``. It grows by one with each success until the provider first had enough, and from then on
    by one with as many successes as there are places; but only while half the places are in use, for else nothing is
    learnt. Requests under way together halve it once: ``burst`` is the same for all begun since it was last halved."""

    def __init__(self, most: int, start: int) -> None:
        self.most = most
        self.burst = 0
        self._places = float(min(start, most))

    @property
    def places(self) -> int:
        return max(1, min(self.most, int(self._places)))

    def went_well(self, burst: int, under_way: int) -> None:
        if burst == self.burst and 2 * under_way >= self.places and self._places < self.most:
            self._places += 1 / self.places if self.burst else 1

    def too_much(self, burst: int) -> None:
        if burst == self.burst:
            self._places = max(1.0, self.places / 2)
            self.burst += 1
