import pytest
from solution import from_roman, to_roman

@pytest.mark.parametrize(
    ("number", "numeral"),
    [
        (1, "I"),
        (4, "IV"),
        (9, "IX"),
        (14, "XIV"),
        (40, "XL"),
        (90, "XC"),
        (444, "CDXLIV"),
        (1994, "MCMXCIV"),
        (2024, "MMXXIV"),
        (3999, "MMMCMXCIX"),
    ],
)
def test_known_numerals(number, numeral):
    assert to_roman(number) == numeral
    assert from_roman(numeral) == number


@pytest.mark.parametrize("number", [0, -5, 4000])
def test_refused_numbers(number):
    with pytest.raises(ValueError):
        to_roman(number)


@pytest.mark.parametrize("numeral", ["IIII", "VX", "IC", "iv", "MMMM", "VV", "ABC"])
def test_refused_numerals(numeral):
    with pytest.raises(ValueError):
        from_roman(numeral)


def test_empty_numeral_is_refused():
    with pytest.raises(ValueError):
        from_roman("")


def test_there_and_back():
    seen = set()
    for number in range(1, 4000, 7):
        numeral = to_roman(number)
        assert set(numeral) <= set("IVXLCDM")
        assert from_roman(numeral) == number
        seen.add(numeral)
    assert len(seen) == len(range(1, 4000, 7))
