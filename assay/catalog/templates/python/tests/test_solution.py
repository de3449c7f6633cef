import pytest
from solution import clamp


def test_within():
    assert clamp(5, 1, 9) == 5
    assert clamp(-2.5, -3, 0) == -2.5


def test_beyond():
    assert clamp(0, 1, 9) == 1
    assert clamp(10, 1, 9) == 9


def test_refused():
    with pytest.raises(ValueError):
        clamp(5, 9, 1)
    assert clamp(5, 7, 7) == 7
