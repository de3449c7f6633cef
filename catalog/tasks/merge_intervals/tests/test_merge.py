import random

import pytest
from solution import merge


def test_nothing():
    assert merge([]) == []


def test_one_interval():
    assert merge([(2, 7)]) == [(2, 7)]


def test_overlap():
    assert merge([(1, 4), (2, 6)]) == [(1, 6)]


def test_touching_intervals_merge():
    assert merge([(1, 3), (3, 5)]) == [(1, 5)]


def test_gaps_stay():
    assert merge([(1, 2), (3, 4)]) == [(1, 2), (3, 4)]


def test_any_order():
    assert merge([(8, 9), (1, 3), (2, 5)]) == [(1, 5), (8, 9)]


def test_interval_inside_another():
    assert merge([(0, 10), (2, 3), (4, 5)]) == [(0, 10)]


def test_duplicates():
    assert merge([(1, 2), (1, 2), (1, 2)]) == [(1, 2)]


def test_chain_of_overlaps():
    assert merge([(i, i + 2) for i in range(0, 100, 2)]) == [(0, 100)]


def test_negative_and_fractional_bounds():
    assert merge([(-1.5, -0.5), (-0.75, 0.25)]) == [(-1.5, 0.25)]


def test_points():
    assert merge([(4, 4), (2, 2), (4, 4)]) == [(2, 2), (4, 4)]


def test_backward_interval_is_refused():
    with pytest.raises(ValueError):
        merge([(5, 1)])
    with pytest.raises(ValueError):
        merge([(1, 2), (9, 8)])


def test_covers_the_same_numbers():
    source = random.Random(20)
    for _ in range(25):
        starts = [source.randrange(60) for _ in range(source.randrange(12))]
        intervals = [(start, start + source.randrange(9)) for start in starts]
        merged = merge(intervals)
        covered = {number for start, end in intervals for number in range(2 * start, 2 * end + 1)}
        assert {number for start, end in merged for number in range(2 * start, 2 * end + 1)} == covered
        assert all(left[1] < right[0] for left, right in zip(merged, merged[1:]))
