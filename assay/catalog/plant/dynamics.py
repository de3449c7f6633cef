"""The two operations that all machines share."""

from __future__ import annotations

STEP_SECONDS = 10.0


def approach(value: float, target: float, time_constant_seconds: float) -> float:
    """One step of a first-order lag. Time constants are at least one step."""
    return value + (target - value) * STEP_SECONDS / time_constant_seconds


def clamp(value: float, low: float, high: float) -> float:
    return max(low, min(value, high))
