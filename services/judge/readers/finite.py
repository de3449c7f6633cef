"""Numbers from JSON."""

from __future__ import annotations

import math
import re
from typing import Any

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def finite(value: Any) -> float | None:
    """A JSON number as float; None for anything else and for numbers that no float can represent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def parse_finite(text: str) -> float | None:
    """A number written as a program prints it: ``12``, ``-0.5``, ``1e6``. None for anything else."""
    try:
        return finite(float(text)) if _NUMBER.fullmatch(text.strip()) else None
    except ValueError:
        return None
