"""A task's three bundles, which share no content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from assay.catalog import Catalog, Task, make_bundles
from assay.catalog.tasks.folder import files_in
from assay.contracts.codec import decode, encode
from assay.contracts.tasks import HiddenTask, PublicTask, ReferenceTask

if TYPE_CHECKING:
    from .conftest import Folder

CATALOG = Path(__file__).parents[2] / "catalog"
TASKS = Catalog.open(CATALOG).tasks()


def named(tasks: list[Task]) -> list[str]:
    return [task.task_id for task in tasks]


def test_each_bundle_contains_its_own_files(folder: Folder) -> None:
    made = make_bundles(folder.open().find_task("clamp"))
    assert sorted(made.public) == ["task.json", "workspace/solution.py"]
    assert sorted(made.hidden) == ["grading.json", "tests/test_clamp.py"]
    assert sorted(made.reference) == [
        "cheats/exits/solution.py",
        "cheats/lies/solution.py",
        "noop/solution.py",
        "reference.json",
        "reference/solution.py",
    ]


def test_the_bundles_documents_decode(folder: Folder) -> None:
    task = folder.open().find_task("colours")
    made = make_bundles(task)
    public = decode(PublicTask, made.public["task.json"])
    hidden = decode(HiddenTask, made.hidden["grading.json"])
    reference = decode(ReferenceTask, made.reference["reference.json"])
    assert {public.digest, hidden.digest, reference.digest} == {task.digest}
    assert [sample.sample_id for sample in public.samples] == ["grass", "blood", "sea"]
    assert hidden.expected == reference.answers == {"grass": "green", "blood": "red", "sea": "blue"}
    assert hidden.checks == task.manifest.checks


def test_a_task_with_output_files_has_one_sample_and_no_answers(folder: Folder) -> None:
    made = make_bundles(folder.open().find_task("clamp"))
    assert [sample.sample_id for sample in decode(PublicTask, made.public["task.json"]).samples] == ["main"]
    assert decode(ReferenceTask, made.reference["reference.json"]).answers == {}


def test_the_reference_answer_is_json_unless_expected_is_text() -> None:
    task = Catalog.open(CATALOG).find_task("telemetry_basic")
    answers = decode(ReferenceTask, make_bundles(task).reference["reference.json"]).answers
    for sample in task.manifest.samples:
        assert msgspec.json.decode(answers[sample.sample_id]) == sample.expected


def test_bundles_are_deterministic(folder: Folder) -> None:
    assert make_bundles(folder.open().find_task("clamp")) == make_bundles(folder.open().find_task("clamp"))


def test_the_public_task_has_no_hidden_fields() -> None:
    assert not {"expected", "checks", "answers", "pass_score", "cheats"} & set(PublicTask.__struct_fields__)


@pytest.mark.parametrize("task", TASKS, ids=named(TASKS))
def test_the_public_bundle_contains_no_hidden_content(task: Task) -> None:
    public = b"\n".join(make_bundles(task).public.values())
    assert all(path == "task.json" or path.startswith(("workspace/", "images/")) for path in make_bundles(task).public)
    for path, content in task.files.items():
        if path.startswith(("tests/", "reference/", "cheats/")):
            unchanged = not path.startswith("tests/") and content in files_in(task.files, "workspace").values()
            assert unchanged or content not in public, path
    if task.manifest.solver.hands_in_files:
        assert b"test_" not in public
    else:
        assert b'"expected"' not in public


@pytest.mark.parametrize("task", TASKS, ids=named(TASKS))
def test_the_task_view_contains_no_hidden_content(task: Task) -> None:
    shown = encode(task.view())
    assert b"test_" not in shown
    assert b'"expected"' not in shown
