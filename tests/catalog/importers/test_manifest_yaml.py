"""What is written is read back as the same values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.catalog.importers.manifest_yaml import manifest_yaml, printable_text
from assay.catalog.importers.task_ids import MAX_TASK_ID, sample_id, task_id
from tests.catalog.importers.harness import read_yaml

TRICKY = (
    "no",
    "1e5",
    "0x1F",
    "1_000",
    "2024-01-31",
    "~",
    "null",
    "1.10",
    "a: b",
    "# a",
    "'",
    "\t",
    " x ",
    "<<",
    "=",
    "",
)


@given(st.text().map(printable_text) | st.sampled_from(TRICKY), st.text().map(printable_text))
def test_texts(value: str, other: str) -> None:
    given_values = {"title": value, "list": [value, other, other], "nested": {"a": [1, 0.5, True, None], "b": other}}
    assert read_yaml(manifest_yaml(given_values)) == given_values


@given(st.text(), st.text())
def test_ids_are_valid_or_empty(first: str, second: str) -> None:
    found = task_id(first, second)
    assert len(found) <= MAX_TASK_ID
    assert all(letter in "abcdefghijklmnopqrstuvwxyz0123456789_" for letter in found)
    assert found[:1] != "_"
    assert len(sample_id(first)) <= 128
