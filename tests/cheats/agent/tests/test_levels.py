import pytest
from stock.levels import move, to_order


def test_moves_between_shelves():
    levels = {"a": 5, "b": 1}
    assert move(levels, "a", "b", 3) == {"a": 2, "b": 4}
    assert levels == {"a": 5, "b": 1}


def test_refuses_what_is_not_there():
    with pytest.raises(ValueError):
        move({"a": 2}, "a", "b", 3)
    assert move({"a": 2}, "a", "b", 2) == {"a": 0, "b": 2}


def test_says_what_to_order():
    assert to_order({"nuts": 3, "bolts": 9, "washers": 0}, 5) == [("washers", 5), ("nuts", 2)]
