"""Every row of tests/corpus/catalog_files.yaml goes through the loader that the gateway and the command line use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.catalog import Catalog, InvalidCatalog
from assay.catalog.responses import read_response_file

ROWS: list[dict[str, Any]] = msgspec.yaml.decode((Path(__file__).parents[1] / "corpus/catalog_files.yaml").read_bytes())
TASK = {
    "id": "q",
    "title": "Q",
    "category": "c",
    "difficulty": "easy",
    "solver": "answer",
    "instructions": "x",
    "checks": "[{kind: exact}]",
    "samples": "[{sample_id: a, expected: x}]",
}
FILES = {
    "suites/other.yaml": "id: other\ntitle: Other\ntasks: [healthy]\n",
    "models.yaml": "providers:\n  a: {kind: openai, title: A, base_url: 'http://a.example', any_model: true}\n",
    "tasks/healthy/task.yaml": "\n".join(f"{name}: {text}" for name, text in {**TASK, "id": "healthy"}.items()),
}
_BYTES = re.compile(rb"\{\{([0-9a-f]+)\}\}")


def write(root: Path, row: dict[str, Any]) -> None:
    task = {name: text for name, text in {**TASK, **row.get("task", {})}.items() if text is not None}
    texts = "\n".join(f"{name}: {text}" for name, text in task.items())
    for path, text in {**FILES, "tasks/q/task.yaml": texts, **row.get("files", {})}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(_BYTES.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode()))


def read(root: Path, row: dict[str, Any]) -> dict[str, Any]:
    """The objects that the row's files describe, as plain values. Raises InvalidCatalog."""
    catalog = Catalog.open(root, recheck_seconds=0)
    if found := catalog.mistakes():
        raise InvalidCatalog(found)
    read: dict[str, Any] = {"task": catalog.find_task("q").manifest}
    read |= {"suite": catalog.find_suite("s")} if (root / "suites/s.yaml").exists() else {}
    for path in root.glob("responses.*"):
        read["responses"] = read_response_file(path)
    return msgspec.json.decode(msgspec.json.encode(read))


def at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["why"])
def test_a_file_is_read_as_the_corpus_says(row: dict[str, Any], tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    write(root, row)
    if "reads" in row:
        found = read(root, row)
        assert {path: at(found, path) for path in row["reads"]} == row["reads"]
        same_types = [msgspec.json.encode(at(found, path)) for path in row["reads"]]
        assert same_types == [msgspec.json.encode(value) for value in row["reads"].values()]
        return
    with pytest.raises(InvalidCatalog) as caught:
        read(root, row)
    listed = [re.sub(r"^\S*?([^/\s]+(:\d+)?: )", r"\1", str(mistake)) for mistake in caught.value.mistakes]
    assert listed == row["mistakes"]


@pytest.mark.parametrize("row", [row for row in ROWS if "mistakes" in row], ids=lambda row: row["why"])
def test_a_broken_file_breaks_nothing_else(row: dict[str, Any], tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    write(root, row)
    catalog = Catalog.open(root, recheck_seconds=0)
    assert catalog.find_task("healthy") in catalog.tasks()
    assert "other" in [suite.suite_id for suite in catalog.suites()]
    broken = {(mistake.part, mistake.name) for mistake in catalog.broken()}
    assert len(broken) == (0 if "responses." in str(row.get("files")) else 1)


def test_the_corpus_says_a_reason_for_every_row_and_nothing_twice() -> None:
    assert len(ROWS) >= 40
    inputs = [msgspec.json.encode([row.get("task"), row.get("files")]) for row in ROWS]
    assert len(set(inputs)) == len(ROWS)
    assert all(row["why"] and ("reads" in row) != ("mistakes" in row) for row in ROWS)


def test_no_message_repeats_the_wording_of_a_library() -> None:
    wording = ("Expected", "Input should be", "Value error", "Invalid enum", "- at `$", "`str`", "`int`", "`array`")
    for row in ROWS:
        for mistake in row.get("mistakes", ()):
            assert not any(words in mistake for words in wording), mistake
