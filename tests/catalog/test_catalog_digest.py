"""A task's digest depends on its content alone, and changes with any part of it."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assay.catalog import load_task
from assay.catalog.tasks.manifest import TaskManifest
from assay.catalog.tasks.task import task_digest

if TYPE_CHECKING:
    from .conftest import Folder

CATALOG = Path(__file__).parents[2] / "catalog"

MANIFEST: dict[str, Any] = {
    "id": "t",
    "title": "T",
    "category": "c",
    "difficulty": "easy",
    "solver": "answer",
    "instructions": "Do it.",
    "checks": [{"kind": "exact"}, {"kind": "numeric", "tolerance": {"absolute": 0.5}}],
    "samples": [{"sample_id": "a", "input": "1", "expected": "x"}, {"sample_id": "b", "expected": {"k": [1, 2]}}],
}
FILES = st.dictionaries(
    st.sampled_from(["workspace/a", "workspace/b", "tests/c", "noop/d"]), st.binary(max_size=8), min_size=1
)


def manifest_of(value: dict[str, Any]) -> TaskManifest:
    return msgspec.convert(value, TaskManifest)


def test_comments_layout_and_key_order_do_not_matter(folder: Folder) -> None:
    path = folder.root / "tasks/clamp/task.yaml"
    before = folder.open().find_task("clamp").digest
    value = yaml.safe_load(path.read_text())
    path.write_text("# a comment\n" + yaml.safe_dump(dict(reversed(value.items())), default_flow_style=True, width=40))
    assert folder.open().find_task("clamp").digest == before


def test_a_default_written_out_does_not_matter(folder: Folder) -> None:
    before = folder.open().find_task("clamp").digest
    folder.edit(
        "tasks/clamp/task.yaml", "language: python", "language: python\npass_score: 1\nsandbox: {memory_mb: 512}"
    )
    assert folder.open().find_task("clamp").digest == before


def test_the_file_of_instructions_and_samples_does_not_matter(folder: Folder) -> None:
    before = folder.open().find_task("clamp").digest
    folder.edit("tasks/clamp/task.yaml", "instructions: Write clamp(number, low, high) in solution.py.\n", "")
    (folder.root / "tasks/clamp/instructions.md").write_text("Write clamp(number, low, high) in solution.py.")
    assert folder.open().find_task("clamp").digest == before


def test_location_and_ignored_files_do_not_matter(folder: Folder, tmp_path: Path) -> None:
    before = folder.open().find_task("clamp").digest
    copy = tmp_path / "elsewhere" / "clamp"
    shutil.copytree(folder.root / "tasks/clamp", copy)
    (copy / "tests/__pycache__").mkdir()
    (copy / "tests/__pycache__/test_clamp.pyc").write_bytes(b"compiled")
    os.utime(copy / "task.yaml", (1, 1))
    assert load_task(copy).digest == before


CANONICAL = (
    '[1,{"category":"c","checks":[{"kind":"exact"},{"kind":"numeric","tolerance":{"absolute":0.5}}],'
    '"difficulty":"easy","id":"t","instructions":"Do it.","samples":[{"expected":"x","input":"1","sample_id":"a"},'
    '{"expected":{"k":[1,2]},"sample_id":"b"}],"solver":"answer","title":"T"},'
    '{"workspace/a":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}]'
)


def test_the_digest_of_a_known_task_never_changes() -> None:
    """Results are compared by digest over years: a change here changes every task."""
    assert task_digest(manifest_of(MANIFEST), {"workspace/a": b"1"}) == sha256(CANONICAL.encode()).hexdigest()


@given(files=FILES, other=FILES)
def test_any_difference_in_files_changes_the_digest(files: dict[str, bytes], other: dict[str, bytes]) -> None:
    manifest = manifest_of(MANIFEST)
    same = files == other
    assert (task_digest(manifest, files) == task_digest(manifest, other)) is same
    assert task_digest(manifest, dict(reversed(files.items()))) == task_digest(manifest, files)


LEAVES = st.one_of(st.text("abc", min_size=1, max_size=5), st.integers(-3, 3), st.booleans())
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("title",), st.text("abc", min_size=1)),
    (("instructions",), st.text("abc", min_size=1)),
    (("system",), st.text("abc", min_size=1)),
    (("tags",), st.lists(st.sampled_from(["a", "b"]), min_size=1)),
    (("pass_score",), st.floats(0.1, 0.9)),
    (("limits",), st.fixed_dictionaries({"max_tokens": st.integers(1, 1000)})),
    (("sandbox",), st.fixed_dictionaries({"memory_mb": st.integers(32, 511)})),
    (("checks", 0, "ignore_case"), st.just(True)),
    (("checks", 0, "weight"), st.floats(2, 9)),
    (("checks", 0, "name"), st.text("abc", min_size=1)),
    (("checks", 1, "tolerance", "absolute"), st.floats(1, 2)),
    (("samples", 0, "input"), st.text("abc")),
    (("samples", 0, "expected"), LEAVES),
    (("samples", 1, "expected", "k", 1), st.integers(3, 9)),
    (("noop_answer",), st.text("abc", min_size=1)),
    (("cheat_answers",), st.dictionaries(st.just("x"), st.text("abc"), min_size=1)),
]


@given(data=st.data())
def test_any_change_in_the_manifest_changes_the_digest(data: st.DataObject) -> None:
    place, values = data.draw(st.sampled_from(CHANGES))
    changed = msgspec.json.decode(msgspec.json.encode(MANIFEST))
    target = changed
    for part in place[:-1]:
        target = target[part]
    target[place[-1]] = data.draw(values)
    before, after = manifest_of(MANIFEST), manifest_of(changed)
    assert (task_digest(before, {}) == task_digest(after, {})) is (before == after)


def test_the_order_of_samples_matters() -> None:
    turned = {**MANIFEST, "samples": MANIFEST["samples"][::-1]}
    assert task_digest(manifest_of(turned), {}) != task_digest(manifest_of(MANIFEST), {})
