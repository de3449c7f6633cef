import pytest
from solution import add


def test_two_positive_numbers():
    assert add(2, 3) == 5


def test_zero_changes_nothing():
    assert add(0, 7) == 7
    assert add(7, 0) == 7


def test_negative_numbers():
    assert add(-4, 1) == -3
    assert add(-4, -6) == -10


def test_floats():
    assert add(0.5, 0.25) == pytest.approx(0.75)


def test_large_numbers_are_exact():
    assert add(10**30, 1) == 10**30 + 1


def test_many_sums():
    for a in range(-9, 10, 3):
        for b in range(-10, 11, 4):
            assert add(a, b) == a + b
