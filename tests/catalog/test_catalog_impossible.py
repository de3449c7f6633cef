"""``impossible`` in a task: who sees the reason, and what its reference may be."""

from __future__ import annotations

import shutil

from assay.catalog import make_bundles
from assay.contracts.codec import encode
from assay.contracts.runs import RunRequest
from tests.catalog.conftest import Folder

REASON = "The hidden test wants 5 where the instructions say 4."


def impossible(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "checks:", f"impossible: {REASON}\nchecks:")


def test_users_and_judges_see_the_reason_and_models_do_not(folder: Folder) -> None:
    impossible(folder)
    task = folder.open().find_task("clamp")
    bundles = make_bundles(task)
    assert task.view().impossible == REASON
    assert REASON.encode() in bundles.hidden["grading.json"]
    assert not [path for path, content in bundles.public.items() if b"impossible" in content or b"wants 5" in content]


def test_a_run_pins_that_the_task_is_impossible(folder: Folder) -> None:
    impossible(folder)
    selection = folder.open().resolve(RunRequest(models=("oracle",), tasks=("clamp", "colours")))
    assert {each.task.task_id: bool(each.task.manifest.impossible) for each in selection.tasks} == {
        "clamp": True,
        "colours": False,
    }
    assert b"wants 5" not in encode([each.limits for each in selection.tasks])


def test_an_impossible_task_needs_no_reference(folder: Folder) -> None:
    shutil.rmtree(folder.root / "tasks/clamp/reference")
    assert "reference/ is missing or empty" in str(folder.refusal("clamp"))
    impossible(folder)
    assert folder.open().find_task("clamp").manifest.impossible == REASON
