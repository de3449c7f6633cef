import random
import unicodedata

import pytest
from solution import render


def lines(headers, rows, width=None):
    return render(headers, rows, width).split("\n")


def test_without_a_limit():
    assert lines(["name", "of"], [["a", "second"], ["longer name", "x"]]) == [
        "name        | of",
        "------------+-------",
        "a           | second",
        "longer name | x",
    ]


def test_numbers_are_on_the_right():
    assert lines(["a", "price", "n"], [["x", 1.5, 10], ["y", None, -7], ["z", 12, None]]) == [
        "a | price |  n",
        "--+-------+---",
        "x |   1.5 | 10",
        "y |     - | -7",
        "z |    12 |  -",
    ]


def test_what_is_no_numeric_column():
    assert lines(["flag", "none", "text", "sum"], [[True, None, 5, 1], [10, None, "7", 1e30]]) == [
        "flag | none | text |   sum",
        "-----+------+------+------",
        "True | -    | 5    |     1",
        "10   | -    | 7    | 1e+30",
    ]


def test_short_rows_and_no_rows():
    assert lines(["a", "b", "c"], [[1], [], [2, "x"]]) == [
        "a | b | c", "--+---+--", "1 | - | -", "- | - | -", "2 | x | -"]
    assert lines(["one", "two"], []) == ["one | two", "----+----"]
    assert lines(["", "b"], [[""]]) == [" | b", "-+--", " | -"]


def test_whitespace_is_reduced_and_newlines_stay():
    assert lines([" long \n header", "b"], [["a  \t b\n\n c ", "x"], ["d\u2028\re\x0bf\u3000g", "\n"]]) == [
        "long    | b",
        "header  |",
        "--------+--",
        "a b     | x",
        "        |",
        "c       |",
        "d e f g |",
        "        |",
    ]


def test_wrapping_fills_lines():
    assert lines(["text"], [["aa bb cc dd ee"], ["aaa bbb c d e"], ["a\nbb cc ddd"]], 7) == [
        "text", "-------", "aa bb", "cc dd", "ee", "aaa bbb", "c d e", "a", "bb cc", "ddd"]


def test_long_words_are_cut():
    assert lines(["text"], [["ab abcdefghijkl m"], ["abcdefghij k"], ["abcdef abcde"]], 5) == [
        "text", "-----", "ab", "abcde", "fghij", "kl m", "abcde", "fghij", "k", "abcde", "f", "abcde"]


def test_headers_are_wrapped_too():
    assert lines(["elapsed time", "k"], [["x", "y"]], 11) == [
        "elapsed | k", "time    |", "--------+--", "x       | y"]


def test_the_widest_column_shrinks_first():
    assert lines(["a", "b", "c"], [["1234567890", "123456", "12345678"]], 25) == [
        "a       | b      | c",
        "--------+--------+-------",
        "1234567 | 123456 | 123456",
        "890     |        | 78",
    ]


def test_of_equally_wide_columns_the_rightmost_shrinks():
    assert lines(["a", "b"], [["12345678", "12345678"]], 18)[1] == "---------+--------"
    assert lines(["a", "b"], [["12345678", "12345678"]], 17)[1] == "--------+--------"
    assert lines(["a", "b", "c"], [["12345678", "1234567", "1"]], 20)[1] == "--------+--------+--"
    assert lines(["a", "b", "c"], [["12345678", "1234567", "1"]], 19)[1] == "-------+--------+--"


def test_columns_that_cannot_shrink():
    assert lines(["number", "b"], [[12345678901, "a b c d e f"]], 20) == [
        "     number | b", "------------+-------", "12345678901 | a b c", "            | d e f"]
    assert lines(["abc", "abcde"], [["x", "y"]], 10) == ["abc | abcd", "    | e", "----+-----", "x   | y"]
    for headers, rows, width in (
        (["abc", "abcde"], [["x", "y"]], 9), (["number", "b"], [[12345678901, "a b c d e f"]], 17),
        (["wide number"], [[1]], 10), (["abcdefgh"], [], 3), (["a"], [], 0),
    ):
        with pytest.raises(ValueError):
            render(headers, rows, width)


def test_wide_characters_take_two_places():
    assert lines(["名前", "n"], [["東京", 1], ["ab", 2], ["ｶﾅ é", 3]]) == [
        "名前 | n", "-----+--", "東京 | 1", "ab   | 2", "ｶﾅ é | 3"]
    assert lines(["x"], [["日本語テキスト"], ["a日本語b日"]], 5) == [
        "x", "-----", "日本", "語テ", "キス", "ト", "a日本", "語b日"]
    assert lines(["値"], [["１２ 本 a"], [None]], 7)[2:] == ["１２ 本", "a", "-"]


def test_wrong_shapes_are_refused():
    for headers, rows in (([], []), ([], [[1]]), (["a"], [[1], [1, 2]]), (["a", "b"], [[1, 2, None]])):
        with pytest.raises(ValueError):
            render(headers, rows)
    headers, rows = ["a", "b"], [[1], ["x", 2]]
    assert render(headers, rows, 80) == "a | b\n--+--\n1 | -\nx | 2"
    assert (headers, rows) == (["a", "b"], [[1], ["x", 2]])


def size(text):
    return sum(2 if unicodedata.east_asian_width(char) in ("W", "F") else 1 for char in text)


def shrunk(natural, fixed, width):
    """The widths by the letter of the task: one at a time from a sorted list, or None if they do not fit."""
    widths = dict(enumerate(natural))
    for _ in range(sum(natural) + 3 * (len(natural) - 1) - width):
        able = sorted((each, at) for at, each in widths.items() if at not in fixed and each > 4)
        if not able:
            return None
        widths[able[-1][1]] -= 1
    return list(widths.values())


def greedy(text, width):
    """Wraps word by word, character by character."""
    done = [""]
    for word in text.split() if size(text) > width else [text]:
        if done[-1] and size(done[-1]) + 1 + size(word) > width:
            done.append("")
        done[-1] += " " if done[-1] else ""
        for char in word:
            if size(done[-1] + char) > width:
                done.append("")
            done[-1] += char
    return done


def test_random_tables_agree_with_a_cell_by_cell_model():
    source = random.Random(31)
    refused = 0
    for _ in range(100):
        columns = source.randrange(1, 5)
        fixed = {at for at in range(columns) if source.random() < 0.25}
        rows = [
            [
                source.randrange(10 ** source.randrange(1, 8)) if at in fixed else
                " ".join("".join(source.choices("abc語", k=source.randrange(1, 12))) for _ in range(source.randrange(5)))
                for at in range(columns)
            ]
            for _ in range(source.randrange(1, 4))
        ]
        headers = [source.choice(["id", "名", "a header"]) for _ in range(columns)]
        natural = [max(size(str(row[at])) for row in [headers, *rows]) for at in range(columns)]
        width = source.randrange(4 * columns, 20 * columns)
        widths = shrunk(natural, fixed, width)
        if widths is None:
            refused += 1
            with pytest.raises(ValueError):
                render(headers, rows, width)
            continue
        expected = []
        for row in [headers, *rows]:
            cells = [greedy(str(cell), each) for cell, each in zip(row, widths)]
            for height in range(max(map(len, cells))):
                parts = [cell[height] if height < len(cell) else "" for cell in cells]
                blanks = [" " * (each - size(part)) for part, each in zip(parts, widths)]
                expected.append(" | ".join(
                    blank + part if at in fixed else part + blank for at, (part, blank) in enumerate(zip(parts, blanks))
                ).rstrip())
            if row is headers:
                expected.append("-+-".join("-" * each for each in widths))
        assert lines(headers, rows, width) == expected
    assert 5 < refused < 60
