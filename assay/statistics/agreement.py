"""How far several judges agree: Krippendorff's alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Measurement = Literal["nominal", "ordinal", "interval", "ratio"]


def krippendorff_alpha(ratings: Sequence[Sequence[float | None]], measurement: Measurement) -> float | None:
    """1 for perfect agreement, 0 for chance, negative below it. ``ratings`` has a row for each rater and a column for
    each unit; None is a missing rating. None unless some unit has two ratings. If all comparable ratings are equal,
    chance cannot be told from agreement, and the result is 1."""
    import krippendorff  # loads NumPy, which most gradings never need
    import numpy as np

    columns = [column for column in zip(*ratings, strict=True) if sum(value is not None for value in column) >= 2]
    if not columns:
        return None
    if len({value for column in columns for value in column if value is not None}) == 1:
        return 1.0
    data = np.array([[math.nan if value is None else value for value in row] for row in zip(*columns, strict=True)])
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=measurement))
