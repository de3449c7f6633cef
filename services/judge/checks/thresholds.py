"""The score of a number that is compared with thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assay.contracts.checks import Threshold


def threshold_score(
    value: float, thresholds: Sequence[Threshold], *, lower_is_better: bool = False, interpolate: bool = False
) -> float:
    """The best score among the thresholds that the value reaches; 0 if it reaches none. With ``interpolate``, between
    two neighbouring thresholds the score grows linearly."""
    sign = -1.0 if lower_is_better else 1.0
    points = sorted((sign * each.value, each.score) for each in thresholds)
    reached = [score for at, score in points if sign * value >= at]
    best = max(reached, default=0.0)
    if interpolate:
        for (low, low_score), (high, high_score) in pairwise(points):
            if low <= sign * value < high:
                share = (sign * value - low) / (high - low)
                best = max(best, low_score + share * (high_score - low_score))
    return best
