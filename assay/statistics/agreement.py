"""How far raters agree, by established measures (the libraries are imported when first used: they are large)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

Measurement = Literal["nominal", "ordinal", "interval", "ratio"]
CONFIDENCE = 0.95


def krippendorff_alpha(ratings: Sequence[Sequence[float | None]], measurement: Measurement) -> float | None:
    """1 for perfect agreement, 0 for chance, negative below it. ``ratings`` has a row for each rater and a column for
    each unit; None is a missing rating. None unless some unit has two ratings. If all comparable ratings are equal,
    chance cannot be told from agreement, and the result is 1."""
    import krippendorff
    import numpy as np

    columns = [column for column in zip(*ratings, strict=True) if sum(value is not None for value in column) >= 2]
    if not columns:
        return None
    if len({value for column in columns for value in column if value is not None}) == 1:
        return 1.0
    data = np.array([[math.nan if value is None else value for value in row] for row in zip(*columns, strict=True)])
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=measurement))


def exact_agreement(first: Sequence[float], second: Sequence[float]) -> float | None:
    """The share of equal pairs."""
    return sum(map(float.__eq__, map(float, first), map(float, second))) / len(first) if first else None


def cohen_kappa(first: Sequence[float], second: Sequence[float], *, quadratic: bool = False) -> float | None:
    """Agreement of two raters beyond chance; ``quadratic`` weighs disagreements by the square of their distance in
    rank. 1 if both always give the same one score, None without pairs."""
    from sklearn.metrics import cohen_kappa_score

    if not first:
        return None
    labels = sorted({*first, *second})
    if len(labels) == 1:
        return 1.0
    ranks = [[labels.index(value) for value in side] for side in (first, second)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kappa = float(cohen_kappa_score(*ranks, weights="quadratic" if quadratic else None))
    return None if math.isnan(kappa) else kappa


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Rank correlation; None if one side does not vary."""
    from scipy.stats import spearmanr

    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    result: Any = spearmanr(first, second)
    return float(result.statistic)


def bootstrap_interval(
    first: Sequence[float],
    second: Sequence[float],
    measure: Callable[[Sequence[float], Sequence[float]], float | None],
    resamples: int,
    seed: int,
) -> tuple[float, float] | None:
    """The percentile interval, with 95 % confidence, of a measure of pairs, which are drawn with replacement. Resamples
    in which the measure is undefined are left out; None if that is more than half."""
    import numpy as np

    numbers = np.random.default_rng(seed)
    pairs = list(zip(first, second, strict=True))
    values: list[float] = []
    for _ in range(resamples):
        drawn = [pairs[index] for index in numbers.integers(0, len(pairs), len(pairs))] if pairs else []
        value = measure([pair[0] for pair in drawn], [pair[1] for pair in drawn])
        values += [] if value is None else [value]
    if len(values) * 2 < resamples or not values:
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
