"""Arbitrary content in the catalogue's files results in mistakes with places, never in another exception."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from assay.catalog import InvalidCatalog, load_task
from assay.catalog.models import load_registry
from assay.catalog.prices.table import load_prices
from assay.catalog.scripts import load_script
from assay.catalog.suites import load_suite

NAMES = st.sampled_from(
    [
        "id",
        "title",
        "category",
        "difficulty",
        "solver",
        "outputs",
        "checks",
        "samples",
        "limits",
        "sandbox",
        "kind",
        "expected",
        "path",
        "options",
        "fields",
        "tolerance",
        "pattern",
        "sample_id",
        "input",
        "cheat_answers",
        "weight",
        "tasks",
        "categories",
        "weights",
        "providers",
        "models",
        "name",
        "versions",
        "from",
        "responses",
        "price",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.sampled_from(["tests", "choice", "numeric", "regex", "files", "answer", "easy", "t", "openai", "tests/../x"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.integers(), inner, max_size=5),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=10)
VALID: dict[str, Any] = {
    "id": "t",
    "title": "T",
    "category": "c",
    "difficulty": "easy",
    "solver": "answer",
    "instructions": "x",
    "checks": [{"kind": "exact"}],
    "samples": [{"sample_id": "a", "expected": "x"}],
}


def loaded(text: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "t"
        folder.mkdir()
        (folder / "task.yaml").write_bytes(text)
        try:
            load_task(folder)
        except InvalidCatalog as refusal:
            assert refusal.mistakes
            assert all(mistake.file.startswith("t") and mistake.message for mistake in refusal.mistakes)


@given(changes=DOCUMENTS)
@example(changes={"checks": [{"kind": ["tests"]}]})
@example(changes={"checks": [{"kind": {"a": 1}}, 5, None]})
@example(changes={"solver": ["files"]})
def test_any_values_in_a_task(changes: dict[str, Any]) -> None:
    loaded(yaml.safe_dump({**VALID, **changes}).encode())


@given(text=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@example(text=b"")
@example(text=b"a: &a [*a]")
@example(text=b"? [a]\n: 1")
@example(text=b"<<: {id: t}")
@example(text=b"id: !!python/object/apply:os.system [ls]")
@example(text=b"title: 2024-13-45")
@example(text=b"[" * 100_000)
def test_any_bytes_as_a_task(text: bytes) -> None:
    loaded(text)


@given(lines=st.lists(st.binary(max_size=30), max_size=3))
@example(lines=[b'{"sample_id": "a", "expected": NaN}'])
@example(lines=[b"\xff\xfe", b"[]", b"5"])
def test_any_lines_of_samples(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "t"
        folder.mkdir()
        (folder / "task.yaml").write_text(yaml.safe_dump({k: v for k, v in VALID.items() if k != "samples"}))
        (folder / "samples.jsonl").write_bytes(b"\n".join(lines))
        with pytest.raises(InvalidCatalog):
            load_task(folder)


@given(document=DOCUMENTS)
def test_any_values_in_the_other_files(document: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "s.yaml"
        path.write_text(yaml.safe_dump(document))
        for load in (
            lambda: load_suite(path, "s", {"t": "c"}),
            lambda: load_registry(path, "s", ()),
            lambda: load_prices(path, "s", ("openai",)),
            lambda: load_script(path, "s", {"t": frozenset({"main"})}),
        ):
            try:
                load()
            except InvalidCatalog as refusal:
                assert refusal.mistakes
