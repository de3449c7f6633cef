from bisect import bisect_left
from math import isfinite

METHODS = ("linear", "previous", "nearest")
MISSING = (None, "missing")


def check(samples, times, method, max_gap, hold, period):
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}")
    # "not >" instead of "<=" also refuses NaN.
    if (max_gap is not None and not max_gap > 0) or (period is not None and not period > 0) or not hold >= 0:
        raise ValueError("max_gap and period must be greater than 0, hold at least 0")
    numbers = [*times, *(time for time, _ in samples), *(value for _, value in samples if value is not None)]
    if not all(map(isfinite, numbers)):
        raise ValueError("times and values must be finite")


def wrap(value, period):
    if period is None:
        return value
    wrapped = value % period
    # The remainder of a tiny negative number is rounded up to the period itself.
    return wrapped if wrapped < period else 0.0


def rise(start, end, period):
    """The difference between two values, on a circle by the shorter way."""
    difference = end - start
    if period is None:
        return difference
    upwards = difference % period
    return upwards if upwards <= period / 2 else upwards - period


def fill(
    samples: list[tuple[float, float | None]],
    times: list[float],
    method: str = "linear",
    max_gap: float | None = None,
    hold: float = 0,
    period: float | None = None,
) -> list[tuple[float | None, str]]:
    """Returns (value, kind) for each of the times; the kinds are "measured", "estimated", "held" and "missing"."""
    check(samples, times, method, max_gap, hold, period)
    known = dict(samples)
    order = sorted(known)

    def at(time):
        return None if known[time] is None else wrap(known[time], period)

    def held(t, end):
        return (at(end), "held") if known[end] is not None and abs(t - end) <= hold else MISSING

    def between(t, left, right):
        if known[left] is None or known[right] is None or (max_gap is not None and right - left > max_gap):
            return MISSING
        if method == "previous":
            return at(left), "estimated"
        if method == "nearest":
            return at(left if t - left <= right - t else right), "estimated"
        share = (t - left) / (right - left)
        return wrap(at(left) + share * rise(at(left), at(right), period), period), "estimated"

    def one(t):
        if t in known:
            return MISSING if known[t] is None else (at(t), "measured")
        if not order:
            return MISSING
        place = bisect_left(order, t)
        if place in (0, len(order)):
            return held(t, order[0] if place == 0 else order[-1])
        return between(t, order[place - 1], order[place])

    return [one(t) for t in times]
