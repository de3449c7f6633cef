from string import ascii_letters

from solution import count_vowels


def test_word():
    assert count_vowels("harbour") == 3


def test_empty_text_has_none():
    assert count_vowels("") == 0


def test_capitals_count():
    assert count_vowels("AN OLD OAK") == 4
    assert count_vowels("Umbrella") == 3


def test_repeated_vowels_count_each_time():
    assert count_vowels("queueing") == 5
    assert count_vowels("aaa") == 3


def test_y_is_no_vowel():
    assert count_vowels("rhythm") == 0
    assert count_vowels("Yy") == 0


def test_digits_and_punctuation_do_not_count():
    assert count_vowels("4 + 4 = 8!") == 0
    assert count_vowels("no. 10, line one") == 5


def test_every_letter_alone():
    for letter in ascii_letters:
        assert count_vowels(letter) == (1 if letter in "aeiouAEIOU" else 0)
