"""Tests in the language of bats, read without a shell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.catalog.importers.exercism.bats import BatsTest, bats_tests
from assay.catalog.importers.python_code import NotUsable


def only(body: str) -> BatsTest:
    [found] = bats_tests(f'@test "a" {{\n{body}\n}}\n')
    return found


@pytest.mark.parametrize(
    ("words", "argv"),
    [
        ("a b  c", ["a", "b", "c"]),
        ("'a b' \"c d\"e", ["a b", "c de"]),
        ('"a\\"b\\$c\\\\d\\e" \'\'', ['a"b$c\\d\\e', ""]),
        (r"$'a\n\'b' \* a\ b", ["a\n'b", "*", "a b"]),
        ("a \\\n  b # c", ["a", "b"]),
        ('"$x" "${x}y" -1 a=b @ 1,2', ["v w", "v wy", "-1", "a=b", "@", "1,2"]),
    ],
)
def test_words(words: str, argv: list[str]) -> None:
    assert only(f'x="v w"\nrun bash f.sh {words}\nassert_success').argv == ["bash", "f.sh", *argv]


def test_results() -> None:
    found = only('run bash f.sh <<< "a b"\nassert_failure 2\nassert_output --partial "x"\nrefute_output')
    assert (found.stdin, found.fails, found.exit_code) == ("a b\n", True, 2)
    assert found.outputs == [("contains", "x"), ("equals", "")]


@pytest.mark.parametrize(
    "body",
    [
        "run bash f.sh $x\nassert_success",
        'run bash f.sh "$unknown"\nassert_success',
        'run bash f.sh "$(date)"\nassert_success',
        "run bash f.sh `date`\nassert_success",
        "run bash f.sh *.txt\nassert_success",
        "run bash f.sh > out\nassert_success",
        "run bash f.sh | cat\nassert_success",
        "run ./f.sh\nassert_success",
        "bash f.sh\nassert_success",
        "A=1 run bash f.sh\nassert_success",
        'x=$(cat <<E\n$HOME\nE\n)\nrun bash f.sh\nassert_output "$x"',
        "(( HAS_TTY )) || skip\nrun bash f.sh\nassert_success",
        "run bash f.sh\nrun bash f.sh\nassert_success",
        "assert_success\nrun bash f.sh",
        "run bash f.sh",
        "run bash f.sh 'a\nassert_success",
        'run bash f.sh "a\nassert_success',
        "run bash f.sh\nassert_output --regexp x",
        "run bash f.sh\n[[ $output == x ]]",
    ],
)
def test_what_needs_a_shell_is_refused(body: str) -> None:
    with pytest.raises(NotUsable, match="its tests need a shell"):
        only(body)


def test_functions_beside_the_tests_are_refused() -> None:
    with pytest.raises(NotUsable):
        bats_tests('setup() { x=1; }\n@test "a" {\nrun bash f.sh\nassert_success\n}\n')


@given(st.text(alphabet="run bash f.sh\"'\\$<>{}()=x;\n#"))
def test_no_source_breaks_the_reader(body: str) -> None:
    try:
        only(f"run bash f.sh {body}\nassert_success")
    except NotUsable:
        return
