import pytest
from solution import price


def test_small():
    assert [price(weight) for weight in (0.1, 1, 2)] == [490, 490, 490]


def test_medium():
    assert [price(weight) for weight in (2.01, 3, 5)] == [690, 690, 690]


def test_large():
    assert price(5.5) == 990
    assert price(8) == 940
    assert price(10) == 990


def test_refused():
    for weight in (0, -1, 10.01):
        with pytest.raises(ValueError):
            price(weight)
