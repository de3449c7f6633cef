"""Text, names, ids and times of other frameworks, made to fit the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from assay.catalog.importers.results import text
from assay.catalog.importers.results.json_file import NotJson, WrongForm, decode


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        ("a\0b", "a\\x00b"),
        ("\udc80", "\\udc80"),
        (3, "3"),
        ({"ü": [1, None]}, '{"ü": [1, null]}'),
        (float("nan"), "NaN"),
        ({1}, "{1}"),
    ],
)
def test_text(value: object, expected: str) -> None:
    assert text.text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("\n\n  one  \ntwo", "one"),
        ("a\u2028b", "a"),
        ("x" * 600, "x" * 478 + " [cut: 600 characters]"),
    ],
)
def test_lines(value: object, expected: str) -> None:
    assert text.line(value) == expected


@pytest.mark.parametrize(
    ("value", "limit", "expected"), [("abc", 3, "abc"), ("abcd", 3, " [c"), ("x" * 30, 25, "xxxx [cut: 30 characters]")]
)
def test_cut(value: str, limit: int, expected: str) -> None:
    assert text.cut(value, limit) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        (" a b / c d ", "a-b/c-d"),
        ("model:tag", "model-tag"),
        ("ollama/model:tag", "ollama/model:tag"),
        ("/a/", "a"),
        ("a//b", "a/b"),
        ("a/☃", "a"),
        ("☃/a", "a"),
        ("\ud800", "ud800"),
        ("☃", ""),
        ("", ""),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_of_models(value: str, expected: str) -> None:
    assert text.model_name(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1.5, datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
        *[(each, None) for each in ("", "soon", None, [], float("nan"), 1e300, {})],
    ],
)
def test_times(value: object, expected: datetime | None) -> None:
    assert text.time(value) == expected


def test_ids_with_numbers_fit_their_limit() -> None:
    assert text.unique("a", {"a", "a-2"}, 10) == "a-3"
    assert text.unique("x" * 10, {"x" * 10}, 10) == "x" * 8 + "-2"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbf3", 3),
        (b"[NaN]", "[nan]"),
        (b"[Infinity, -Infinity, 1e999]", "[inf, -inf, inf]"),
        (rb'"\ud800"', "\ud800"),
        ("3".encode("utf-16"), 3),
    ],
)
def test_json_of_python(content: bytes, expected: Any) -> None:
    found = decode(Any, content)
    assert (str(found) if isinstance(found, list) else found) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5_000 + b"x"])
def test_what_is_no_json(content: bytes) -> None:
    with pytest.raises(NotJson):
        decode(Any, content)


def test_json_of_another_form() -> None:
    with pytest.raises(WrongForm, match="Expected `int`, got `str`"):
        decode(int, b'"x"')
    with pytest.raises(WrongForm, match="Expected `int`, got `float`"):
        decode(int, b"NaN")
