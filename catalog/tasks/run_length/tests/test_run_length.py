import pytest
from solution import decode, encode


def pairs(runs):
    """As tuples, so that a list of lists is told apart from the tuples that were asked for only where it matters."""
    return [tuple(run) for run in runs]


def test_encode_runs_in_order():
    assert encode("aab") == [("a", 2), ("b", 1)]
    assert encode("xyyyz") == [("x", 1), ("y", 3), ("z", 1)]


def test_encode_empty_text():
    assert encode("") == []


def test_encode_single_characters():
    assert pairs(encode("abc")) == [("a", 1), ("b", 1), ("c", 1)]


def test_a_character_may_come_back():
    assert pairs(encode("abba")) == [("a", 1), ("b", 2), ("a", 1)]


def test_digits_and_spaces_are_characters():
    assert pairs(encode("11  2")) == [("1", 2), (" ", 2), ("2", 1)]


def test_decode():
    assert decode([("h", 1), ("m", 4)]) == "hmmmm"


def test_decode_nothing():
    assert decode([]) == ""


def test_decode_refuses_counts_below_one():
    with pytest.raises(ValueError):
        decode([("a", 2), ("b", 0)])
    with pytest.raises(ValueError):
        decode([("a", -1)])


def test_there_and_back():
    for text in ("", "a", "aaaa", "mississippi", "  two  spaces", "0011 1100", "ÄÄä"):
        assert decode(encode(text)) == text


def test_long_run():
    assert pairs(encode("z" * 5000)) == [("z", 5000)]
