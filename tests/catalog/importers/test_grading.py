"""Imported tasks in the real judge: references pass, wrong solutions, no-ops and cheats score 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from assay.catalog.importers import humaneval, mbpp
from assay.catalog.importers.exercism import track
from assay.catalog.importers.plan import ImportedTask, ImportPlan, TaskOptions
from services.judge.validate import open_tools, validate_folder
from tests.catalog.importers import problems, tracks
from tests.catalog.importers.harness import lines, written

OBJECT_ANSWER = b"class It:\n    pass\n\n\ndef is_long(text):\n    return It()\n"


def only_task(folder: Path, name: str) -> ImportedTask:
    [task] = {
        "humaneval": lambda: humaneval.read(lines(folder / "a.jsonl", [problems.humaneval()]), TaskOptions()),
        "humaneval_truth": lambda: humaneval.read(
            lines(folder / "a.jsonl", [problems.humaneval_truth()]), TaskOptions()
        ),
        "mbpp": lambda: mbpp.read(lines(folder / "a.jsonl", [problems.mbpp()]), TaskOptions()),
        "mbpp_objects": lambda: mbpp.read(lines(folder / "a.jsonl", [problems.mbpp_objects()]), TaskOptions()),
        "mbpp_sanitized": lambda: mbpp.read(lines(folder / "a.jsonl", [problems.sanitized_mbpp()]), TaskOptions()),
        "python": lambda: track.read(
            tracks.track(folder / "track", "python", {"practice/jar": tracks.python_jar()}), TaskOptions()
        ),
        "javascript": lambda: track.read(
            tracks.track(folder / "track", "javascript", {"practice/jar": tracks.javascript_jar()}), TaskOptions()
        ),
        "bash": lambda: track.read(
            tracks.track(folder / "track", "bash", {"practice/greet": tracks.bash_greet()}), TaskOptions()
        ),
    }[name]().tasks
    return task


def changed(task: ImportedTask, file: str, old: str, new: str) -> bytes:
    """The reference solution with a mistake."""
    text = task.files[f"reference/{file}"].decode()
    assert old in text
    return text.replace(old, new).encode()


WRONG: Mapping[str, tuple[str, str, str]] = {
    "humaneval": ("solution.py", "sum(twice(value) for value in values)", "sum(values)"),
    "humaneval_truth": ("solution.py", "> 3", "> 4"),
    "mbpp": ("solution.py", ">= least", "> least"),
    "mbpp_objects": ("solution.py", "root.left is not None", "False"),
    "mbpp_sanitized": ("solution.py", "math.sqrt(x)", "x / 2"),
    "python": ("jar.py", "the jar is full", "full"),
    "bash": ("greet.sh", "exit 3", "exit 4"),
    "javascript": ("jar.mjs", "{ sweets: this.sweets, note: undefined }", "{ sweets: this.sweets, note: 1 }"),
}
"""By task: a file, what is right in it, and what is not."""


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
async def test_an_imported_task_is_graded_as_it_must_be(tmp_path: Path, name: str) -> None:
    task = only_task(tmp_path, name)
    file, right, wrong = WRONG[name]
    others = {path: data for path, data in task.files.items() if path.startswith("reference/") and file not in path}
    cheats = {path.replace("reference/", "cheats/wrong/"): data for path, data in others.items()}
    cheats[f"cheats/wrong/{file}"] = changed(task, file, right, wrong)
    if name == "humaneval_truth":
        cheats["cheats/answers_an_object/solution.py"] = OBJECT_ANSWER
    plan = ImportPlan(title="one", tasks=(replace(task, files={**task.files, **cheats}),))
    staged = written(plan, tmp_path / "catalog")
    assert not staged.left_out
    async with open_tools("bubblewrap", jobs=2) as tools:
        graded = await validate_folder(staged.tasks[0].target, tools)
    assert graded.ok, {trial.name: trial.verdict.reason for trial in graded.trials if not trial.ok}
    scores = {trial.name: trial.verdict.score for trial in graded.trials}
    assert scores.pop("reference") == 1.0
    assert {"noop", "cheats/wrong"} < scores.keys()
    assert len(scores) >= 4
    assert set(scores.values()) == {0.0}
