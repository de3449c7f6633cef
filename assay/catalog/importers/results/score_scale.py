"""Numbers of other frameworks on Assay's scale from 0 to 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""How Inspect writes correct, partially correct, incorrect, and no answer."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From the worst value to the best."""

    low: float = 0.0
    high: float = 1.0

    def covers(self, number: float) -> bool:
        return self.low <= number <= self.high

    def score(self, number: float) -> float:
        """Rounded, so that 8.2 of 1 to 10 is 0.8."""
        return min(1.0, max(0.0, round((number - self.low) / (self.high - self.low), 12)))


def number_of(value: Any) -> float | None:
    """Of a number, or of text that is one; NaN stays NaN. None for everything else, also for true and false."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def grade_of(value: Any) -> float | None:
    """The score that a letter, a word or a truth value stands for on any scale. None for everything else."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        found = value.strip()
        return _LETTERS.get(found, _WORDS.get(found.lower()))
    return None


def is_finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)
