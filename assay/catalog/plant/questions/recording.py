"""Series of readings, as questions show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

from assay.catalog.plant.dynamics import STEP_SECONDS
from assay.catalog.plant.plant import Plant
from assay.catalog.plant.sensors import SENSORS

Sample = dict[str, Any]
"""A line of ``samples.jsonl``."""
Series = list[float]


def record(
    plant: Plant, tags: Sequence[str], count: int, interval_seconds: float, before: Callable[[int], None] | None = None
) -> dict[str, Series]:
    """``count`` readings of each sensor. ``before`` is called before the time that leads to each reading, to operate
    the plant. Only for sensors that lose no readings."""
    series: dict[str, Series] = {tag: [] for tag in tags}
    for index in range(count):
        if before:
            before(index)
        for _ in range(round(interval_seconds / STEP_SECONDS)):
            plant.step()
        for tag in tags:
            value = plant.value(tag)
            assert value is not None
            series[tag].append(value)
    return series


def shown(tag: str, series: Series) -> str:
    """``P1.current in A: 14.1, 14.0``"""
    decimals = SENSORS[tag].decimals
    return f"{tag} in {SENSORS[tag].unit}: {', '.join(f'{value:.{decimals}f}' for value in series)}"


def rounded(value: float, decimals: int = 4) -> float:
    """Without a negative zero."""
    return round(value, decimals) + 0.0


def mean(series: Series) -> float:
    return sum(series) / len(series)


def correlation(left: Series, right: Series) -> float:
    """Pearson's; 0 if one of them is constant."""
    left_mean, right_mean = mean(left), mean(right)
    product = sum((a - left_mean) * (b - right_mean) for a, b in zip(left, right, strict=True))
    left_square = sum((a - left_mean) * (a - left_mean) for a in left)
    right_square = sum((b - right_mean) * (b - right_mean) for b in right)
    scale = left_square * right_square
    return product / sqrt(scale) if scale > 0 else 0.0
