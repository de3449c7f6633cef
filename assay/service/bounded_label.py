"""Metric labels whose values come from outside, such as names of projects: only the first ones get their own series."""

from __future__ import annotations

OTHER = "other"


class BoundedLabel:
    """At most ``limit`` different values; every further one becomes ``other``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        if value not in self._known:
            if len(self._known) >= self._limit:
                return OTHER
            self._known.add(value)
        return value
