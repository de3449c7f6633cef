"""Reproducible noise."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Noise:
    """Random numbers from a seed, the same on every machine and version of Python: it uses nothing of ``random`` but
    ``random()``, whose sequence Python guarantees."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def normal(self, deviation: float) -> float:
        """Around 0; the sum of twelve uniform numbers, so never beyond six deviations."""
        return deviation * (sum(self._random.random() for _ in range(12)) - 6.0)

    def integer(self, low: int, high: int) -> int:
        """Both bounds are included."""
        return low + int((high - low + 1) * self._random.random())

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def choose(self, options: Sequence[_T]) -> _T:
        return options[self.integer(0, len(options) - 1)]
