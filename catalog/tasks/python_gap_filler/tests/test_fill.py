import math
import random
from fractions import Fraction

import pytest
from solution import fill

MISSING = (None, "missing")


def kinds(result):
    return [kind for _, kind in result]


def test_linear_is_the_default():
    result = fill([(0, 10.0), (4, 18.0), (6, 8.0)], [1, 5, 3.5])
    assert kinds(result) == ["estimated"] * 3
    assert [value for value, _ in result] == pytest.approx([12.0, 13.0, 17.0])


def test_samples_and_times_in_any_order():
    samples, times = [(30, 3.0), (10, 1.0), (20, 2.5)], [25, 10, 15, 30, 10]
    expected = [(2.75, "estimated"), (1.0, "measured"), (1.75, "estimated"), (3.0, "measured"), (1.0, "measured")]
    assert fill(samples, times) == expected
    assert samples == [(30, 3.0), (10, 1.0), (20, 2.5)]
    assert times == [25, 10, 15, 30, 10]


def test_the_last_of_several_samples_at_a_time_counts():
    assert fill([(0, 9.0), (2, 4.0), (0, 2.0)], [0, 1]) == [(2.0, "measured"), (3.0, "estimated")]
    assert fill([(0, 9.0), (2, 4.0), (0, None)], [0, 1, 2]) == [MISSING, MISSING, (4.0, "measured")]
    assert fill([(0, None), (0, 5.0)], [0]) == [(5.0, "measured")]


def test_previous():
    result = fill([(0, 10.0), (4, 18.0), (6, 8.0)], [3.999, 4, 5], method="previous")
    assert result == [(10.0, "estimated"), (18.0, "measured"), (18.0, "estimated")]


def test_nearest_and_its_ties():
    result = fill([(0, 10.0), (4, 18.0), (7, 8.0)], [1, 2, 3, 5.5, 5.75], "nearest")
    assert [value for value, _ in result] == [10.0, 10.0, 18.0, 18.0, 8.0]
    assert kinds(result) == ["estimated"] * 5


@pytest.mark.parametrize("method", ["linear", "previous", "nearest"])
def test_holes_interrupt(method):
    samples = [(0, 1.0), (10, None), (20, 3.0), (30, 4.0)]
    result = fill(samples, [0, 1, 9, 10, 11, 19, 20, 21], method)
    assert result[:7] == [(1.0, "measured"), *[MISSING] * 5, (3.0, "measured")]
    assert result[7][1] == "estimated"


@pytest.mark.parametrize("method", ["linear", "previous", "nearest"])
def test_wide_gaps_are_missing(method):
    samples = [(0, 5.0), (10, 5.0), (20.5, 5.0)]
    result = fill(samples, [1, 9, 10, 11, 20, 20.5], method, max_gap=10)
    assert kinds(result) == ["estimated", "estimated", "measured", "missing", "missing", "measured"]
    assert kinds(fill(samples, [11], method, max_gap=10.5)) == ["estimated"]
    assert kinds(fill(samples, [11], method)) == ["estimated"]


def test_ends_are_held():
    samples = [(10, 1.0), (20, 2.0)]
    assert fill(samples, [7.5, 7, 6.5, 23, 23.5], hold=3) == [
        MISSING if at in (2, 4) else (2.0 if at == 3 else 1.0, "held") for at in range(5)
    ]
    assert fill(samples, [9.5, 20.5, 20]) == [MISSING, MISSING, (2.0, "measured")]
    assert fill([(10, 1.0)], [8, 13], hold=2) == [(1.0, "held"), MISSING]
    assert fill([(0, 1.0), (2, 9.0)], [-5, 7], "nearest", max_gap=1, hold=5) == [(1.0, "held"), (9.0, "held")]


def test_holes_at_the_ends_are_not_held():
    samples = [(0, None), (10, 1.0), (20, None)]
    assert fill(samples, [-1, 0, 9, 10, 11, 20, 21], hold=50) == [*[MISSING] * 3, (1.0, "measured"), *[MISSING] * 3]


def test_without_samples_everything_is_missing():
    assert fill([], [1, 2], hold=9) == [MISSING, MISSING]
    assert fill([], []) == []
    assert fill([(1, 1.0)], []) == []


def test_circle_is_crossed_by_the_shorter_way():
    for start, end, middle in ((350, 20, 5), (20, 350, 5), (10, 40, 25), (300, 340, 320), (-10, 380, 5), (1, 359, 0)):
        (value, kind), = fill([(0, start), (2, end)], [1], period=360)
        assert kind == "estimated"
        assert min(abs(value - middle), 360 - abs(value - middle)) < 1e-9
    assert fill([(0, 0.875), (4, 0.125)], [1], period=1) == [(0.9375, "estimated")]


def test_half_circles_go_upwards():
    for start, end, quarter in ((90, 270, 135), (270, 90, 315), (0, 180, 45), (180, 0, 225), (540, 0, 225)):
        assert fill([(0, start), (4, end)], [1], period=360) == [(quarter, "estimated")]


def test_values_of_every_kind_are_on_the_circle():
    samples = [(0, -90), (10, 725), (20, 360)]
    assert fill(samples, [-1, 0, 10, 20, 21], period=360, hold=1) == [
        (270, "held"), (270, "measured"), (5, "measured"), (0, "measured"), (0, "held")]
    for method, expected in (("previous", 270), ("nearest", 270)):
        assert fill(samples, [1], method, period=360) == [(expected, "estimated")]
    assert fill([(0, 7), (2, 11.5)], [0, 2], period=2.5) == [(2.0, "measured"), (1.5, "measured")]


def test_rounding_never_reaches_the_period():
    tiny = 1e-20
    result = fill([(0, -tiny), (2, tiny), (4, -tiny)], [-1, 0, 1, 3, 4], hold=1, period=360)
    assert kinds(result) == ["held", "measured", "estimated", "estimated", "measured"]
    assert all(0 <= value < 360 for value, _ in result)


def test_wrong_arguments_are_refused():
    bad = math.nan
    for samples, times, options in (
        ([], [], {"method": "cubic"}), ([(0, 1.0)], [0], {"method": ""}), ([], [], {"max_gap": 0}),
        ([(0, 1.0)], [0], {"max_gap": -1}), ([], [], {"hold": -0.5}), ([], [], {"period": 0}),
        ([(0, 1.0)], [0], {"period": -360}), ([(bad, 1.0)], [0], {}), ([(0, bad)], [], {}), ([], [bad], {}),
        ([(0, math.inf)], [0], {}), ([(-math.inf, 1)], [], {}), ([(0, 1)], [math.inf], {}),
        ([(0, bad), (0, 1.0)], [0], {}), ([(-math.inf, None)], [0], {}),
    ):
        with pytest.raises(ValueError):
            fill(samples, times, **options)
    assert fill([(0, 1.0)], [1], "previous", 0.5, 1, 2) == [(1.0, "held")]


def modelled(samples, t, method, max_gap, hold, period):
    """The rules, one after another, by searching all samples, in exact numbers."""
    at_t = [value for time, value in samples if time == t]
    before = [time for time, _ in samples if time < t]
    after = [time for time, _ in samples if time > t]
    last = {time: None if value is None else Fraction(value) for time, value in samples}

    def on_circle(value):
        return value if period is None else value - period * (value // period)

    if at_t:
        return MISSING if at_t[-1] is None else (on_circle(last[t]), "measured")
    if not before or not after:
        end = min(after) if after else max(before)
        ok = last[end] is not None and abs(Fraction(t) - end) <= hold
        return (on_circle(last[end]), "held") if ok else MISSING
    left, right = max(before), min(after)
    if None in (last[left], last[right]) or right - left > max_gap:
        return MISSING
    if method == "previous" or (method == "nearest" and t - left <= right - t):
        return on_circle(last[left]), "estimated"
    if method == "nearest":
        return on_circle(last[right]), "estimated"
    ends = [last[right]]
    if period is not None:
        turns = (last[left] - last[right]) // period
        ends = [last[right] + (turns + more) * period for more in (-1, 0, 1, 2)]
    end = min(ends, key=lambda each: (abs(each - last[left]), -each))
    return on_circle(last[left] + (end - last[left]) * (Fraction(t) - left) / (Fraction(right) - left)), "estimated"


def test_random_series_agree_with_an_exact_model():
    source = random.Random(77)
    seen = set()
    for _ in range(150):
        period = source.choice([None, 8, 360])
        samples = [
            (source.randrange(0, 41), source.choice([None, *(source.randrange(-20, 400) / 4 for _ in range(6))]))
            for _ in range(source.randrange(1, 12))
        ]
        times = [source.randrange(-10, 101) / 2 for _ in range(12)]
        method, max_gap, hold = source.choice(["linear", "previous", "nearest"]), source.randrange(3, 20), 2
        result = fill(samples, times, method, max_gap, hold, period)
        assert len(result) == len(times)
        for t, (value, kind) in zip(times, result):
            wanted, wanted_kind = modelled(samples, t, method, max_gap, hold, period)
            assert kind == wanted_kind
            seen.add(kind)
            if wanted is None:
                assert value is None
                continue
            away = abs(value - float(wanted))
            assert away < 1e-9 or (period and 0 <= value < period and period - away < 1e-9)
    assert seen == {"measured", "estimated", "held", "missing"}
