"""Subjects and patterns."""

from __future__ import annotations

import pytest

from assay.bus.subjects import matches


@pytest.mark.parametrize(
    ("pattern", "subject", "covered"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.b", "a.b.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*.c", "a.b.c", True),
        ("a.*.c", "a.b.d", False),
        ("a.>", "a.b", True),
        ("a.>", "a.b.c.d", True),
        ("a.>", "a", False),
        ("a.>", "b.c", False),
        (">", "a.b", True),
        ("*.*", "a.b", True),
    ],
)
def test_patterns_match_as_in_nats(pattern: str, subject: str, covered: bool) -> None:
    assert matches(pattern, subject) is covered
