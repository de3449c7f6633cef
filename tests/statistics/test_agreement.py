"""Agreement of raters, compared with a straightforward calculation from the coincidence matrix."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from assay.statistics.agreement import (
    Measurement,
    bootstrap_interval,
    cohen_kappa,
    exact_agreement,
    krippendorff_alpha,
    spearman,
)

Ratings = list[list[float | None]]


def by_coincidences(ratings: Ratings, measurement: Measurement) -> float:
    """Krippendorff's alpha, computed from its definition."""
    pairs = Counter[tuple[float, float]]()
    for unit in zip(*ratings, strict=True):
        values = [value for value in unit if value is not None]
        for i, first in enumerate(values):
            for j, second in enumerate(values):
                if i != j:
                    pairs[first, second] += 1 / (len(values) - 1)  # type: ignore[assignment]
    totals = Counter[float]()
    for (first, _), number in pairs.items():
        totals[first] += number
    n, difference = sum(totals.values()), _difference(measurement, totals)
    observed = sum(number * difference(*pair) for pair, number in pairs.items())
    expected = sum(totals[a] * totals[b] * difference(a, b) for a in totals for b in totals) / (n - 1)
    return 1 - observed / expected if expected else 1.0


def _difference(measurement: Measurement, totals: Counter[float]) -> Callable[[float, float], float]:
    if measurement == "nominal":
        return lambda a, b: float(a != b)
    if measurement == "interval":
        return lambda a, b: (a - b) ** 2
    ordered = sorted(totals)

    def ordinal(a: float, b: float) -> float:
        low, high = sorted((ordered.index(a), ordered.index(b)))
        between = sum(totals[value] for value in ordered[low : high + 1])
        return (between - (totals[a] + totals[b]) / 2) ** 2 if a != b else 0.0

    return ordinal


def random_ratings(seed: int) -> Ratings:
    numbers = random.Random(seed)
    raters, units = numbers.randint(2, 6), numbers.randint(3, 40)
    missing = numbers.choice((0.0, 0.1, 0.4))
    values = [float(value) for value in range(1, numbers.randint(3, 8))]
    return [
        [None if numbers.random() < missing else numbers.choice(values) for _ in range(units)] for _ in range(raters)
    ]


@pytest.mark.parametrize("measurement", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("seed", range(25))
def test_alpha_is_that_of_the_definition(seed: int, measurement: Measurement) -> None:
    ratings = random_ratings(seed)
    found = krippendorff_alpha(ratings, measurement)
    assert found is not None and math.isclose(found, by_coincidences(ratings, measurement), abs_tol=1e-12)


@pytest.mark.parametrize(
    ("ratings", "alpha"),
    [
        ([[1, 2, 3], [1, 2, 3]], 1.0),
        ([[3, 3], [3, 3]], 1.0),
        ([[1, None], [None, 2]], None),
        ([[1, 2]], None),
        ([[1, 5], [5, 1]], -0.5),
    ],
)
def test_alpha_of_borderline_cases(ratings: Sequence[Sequence[float | None]], alpha: float | None) -> None:
    assert krippendorff_alpha(ratings, "interval") == (alpha if alpha is None else pytest.approx(alpha))


def test_kappa_and_rank_correlation_have_their_known_values() -> None:
    first, second = [1.0, 2.0, 3.0, 3.0, 1.0], [1.0, 2.0, 2.0, 3.0, 2.0]
    assert exact_agreement(first, second) == 0.6
    assert cohen_kappa(first, second) == pytest.approx((0.6 - 0.28) / (1 - 0.28))
    assert cohen_kappa(first, second, quadratic=True) == pytest.approx(1 - (2 / 5) / (30 / 25))
    assert cohen_kappa([2.0, 2.0], [2.0, 2.0]) == 1.0
    assert spearman(first, [value**3 for value in first]) == pytest.approx(1.0)
    assert spearman(first, [2.0] * 5) is None and exact_agreement([], []) is None


def test_an_interval_covers_the_true_agreement_about_as_often_as_it_says() -> None:
    """True agreement of 0.7, 40 pairs: 95 % intervals of 200 samples."""
    numbers = random.Random(7)
    covered = 0
    for seed in range(200):
        first = [1.0] * 40
        second = [1.0 if numbers.random() < 0.7 else 0.0 for _ in first]
        interval = bootstrap_interval(first, second, exact_agreement, 300, seed)
        assert interval is not None
        covered += interval[0] <= 0.7 <= interval[1]
    assert 0.88 <= covered / 200 <= 0.99


def test_an_interval_is_the_same_for_the_same_seed() -> None:
    pairs = ([1.0, 2.0, 3.0, 1.0], [1.0, 2.0, 1.0, 1.0])
    intervals = {bootstrap_interval(*pairs, exact_agreement, 200, seed) for seed in (1, 1, 1)}
    assert len(intervals) == 1
    assert bootstrap_interval([], [], exact_agreement, 100, 0) is None
