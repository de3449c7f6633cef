"""Plans are validated, compared and written: all or nothing, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assay.catalog import Catalog
from assay.catalog.importers.errors import ImportFailed, WouldReplace
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut
from assay.catalog.importers.report import report, report_lines
from assay.catalog.importers.staging import TaskState, leave_out, stage
from tests.catalog.importers.harness import csv_plan, left_out, read_yaml, snapshot, written


@pytest.fixture
def plan(tmp_path: Path) -> ImportPlan:
    """One valid task."""
    return csv_plan(tmp_path, "question,answer\na,1\nb,2\n", task="sums")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "catalog"


def copy(task: ImportedTask, task_id: str, **files: bytes) -> ImportedTask:
    manifest = task.files["task.yaml"].replace(b"id: sums", f"id: {task_id}".encode())
    return replace(task, task_id=task_id, source=task_id, files={**task.files, "task.yaml": manifest, **files})


def test_a_written_task_is_one_of_the_catalogue(plan: ImportPlan, root: Path) -> None:
    staged = written(plan, root, suite="numbers")
    assert staged.ids(TaskState.NEW) == ("sums",)
    catalog = Catalog.open(root)
    assert catalog.find_task("sums").sample_ids == ("1", "2")
    assert catalog.suite_view(catalog.find_suite("numbers")).task_ids == ("sums",)
    assert sorted(path.name for path in root.iterdir()) == ["suites", "tasks"]


def test_importing_twice_changes_nothing(plan: ImportPlan, root: Path) -> None:
    written(plan, root, suite="numbers")
    before, times = snapshot(root), {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert written(plan, root, suite="numbers").ids(TaskState.UNCHANGED) == ("sums",)
    assert snapshot(root) == before
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path != root} == {
        path: time for path, time in times.items() if path != root
    }


def test_comments_and_layout_make_no_difference(plan: ImportPlan, root: Path) -> None:
    written(plan, root)
    manifest = root / "tasks/sums/task.yaml"
    manifest.write_text(f"# mine\n{manifest.read_text()}")
    assert written(plan, root).ids(TaskState.UNCHANGED) == ("sums",)
    assert manifest.read_text().startswith("# mine")


def test_other_content_is_refused_and_named(plan: ImportPlan, root: Path) -> None:
    written(plan, root)
    samples = root / "tasks/sums/samples.jsonl"
    samples.write_text('{"sample_id": "1", "input": "a", "expected": 7}\n')
    before = snapshot(root)
    more = replace(plan, tasks=(*plan.tasks, copy(plan.tasks[0], "more")))
    with pytest.raises(WouldReplace, match="other content already exists for sums; --replace replaces it"):
        written(more, root, suite="numbers")
    assert snapshot(root) == before
    assert written(more, root, may_replace=True).ids(TaskState.DIFFERENT) == ("sums",)
    assert samples.read_bytes() == plan.tasks[0].files["samples.jsonl"]
    assert not [path for path in root.rglob("*") if "replaced" in path.name or path.name.startswith(".")]


def test_a_broken_task_of_that_id_has_other_content(plan: ImportPlan, root: Path) -> None:
    (root / "tasks/sums").mkdir(parents=True)
    (root / "tasks/sums/task.yaml").write_text("id: [")
    with pytest.raises(WouldReplace):
        written(plan, root)
    written(plan, root, may_replace=True)
    assert Catalog.open(root).find_task("sums")


def test_another_suite_of_that_id_is_refused(plan: ImportPlan, root: Path) -> None:
    written(plan, root, suite="numbers")
    more = replace(plan, tasks=(*plan.tasks, copy(plan.tasks[0], "more")))
    with pytest.raises(WouldReplace, match="the suite numbers"):
        written(more, root, suite="numbers")
    assert not (root / "tasks/more").exists()
    written(more, root, suite="numbers", may_replace=True)
    assert read_yaml((root / "suites/numbers.yaml").read_bytes())["tasks"] == ["sums", "more"]


def test_an_invalid_id_of_a_suite_is_refused(plan: ImportPlan, root: Path) -> None:
    for name in ("My Suite", "../x"):
        with pytest.raises(ImportFailed, match="--suite: "):
            written(plan, root, suite=name)
    assert snapshot(root) == {}


def test_invalid_tasks_are_left_out_with_the_loader_s_words(plan: ImportPlan, root: Path) -> None:
    bad = copy(plan.tasks[0], "bad", **{"samples.jsonl": b'{"sample_id": "1", "expectd": 1}\n'})
    staged = written(replace(plan, tasks=(bad, *plan.tasks)), root)
    assert left_out(staged) == {
        "bad": "is not a valid task: bad/samples.jsonl:1: expectd: unknown field 'expectd'; did you mean 'expected'?"
    }
    assert Catalog.open(root).task_names() == ["sums"]


def test_two_tasks_of_one_id_are_reported(plan: ImportPlan, root: Path) -> None:
    [task] = plan.tasks
    staged = written(replace(plan, tasks=(task, replace(task, source="line 9"))), root)
    assert left_out(staged) == {"line 9": f"its task id sums is already that of {task.source}"}


def test_a_dry_run_touches_nothing(plan: ImportPlan, root: Path) -> None:
    with stage(plan, root, suite="numbers", writes=False) as staged:
        assert staged.ids(TaskState.NEW) == ("sums",)
    assert not root.exists()


def test_an_import_that_is_interrupted_leaves_whole_tasks_only(
    plan: ImportPlan, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = replace(plan, tasks=(*plan.tasks, copy(plan.tasks[0], "more"), copy(plan.tasks[0], "most")))
    rename, moved = Path.rename, list[Path]()

    def interrupted(path: Path, target: Path) -> Path:
        if len(moved) == 1:
            raise KeyboardInterrupt
        moved.append(target)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        written(more, root)
    monkeypatch.undo()
    assert Catalog.open(root).mistakes() == []
    assert Catalog.open(root).task_names() == ["sums"]
    assert written(more, root).ids(TaskState.UNCHANGED) == ("sums",)
    assert Catalog.open(root).task_names() == ["more", "most", "sums"]


def test_a_catalogue_that_cannot_be_written(plan: ImportPlan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImportFailed, match="cannot be written: Not a directory"):
        written(plan, tmp_path / "file")


def test_tasks_that_are_graded_wrongly_leave_the_suite_too(plan: ImportPlan, root: Path) -> None:
    more = replace(plan, tasks=(*plan.tasks, copy(plan.tasks[0], "more")))
    with stage(more, root, suite="numbers") as staged:
        fewer = leave_out(staged, {"more": "is wrong"})
    assert fewer.suite is not None
    assert (fewer.ids(TaskState.NEW), fewer.suite.task_ids, left_out(fewer)) == (
        ("sums",),
        ("sums",),
        {"more": "is wrong"},
    )


def test_the_report_groups_what_was_left_out(plan: ImportPlan, root: Path) -> None:
    reasons = tuple(LeftOut(what=f"line {number}", why="is odd" if number % 2 else "is even") for number in range(9))
    with stage(replace(plan, left_out=reasons), root, suite="numbers", writes=False) as staged:
        found = report(staged, "csv", "q.csv")
    assert [(group.why, group.count, group.examples) for group in found.left_out] == [
        ("is even", 5, ("line 0", "line 2", "line 4")),
        ("is odd", 4, ("line 1", "line 3", "line 5")),
    ]
    assert found.next == "assay run --suite numbers --model NAME"
    text = list(report_lines(found, replaces=False))
    assert text[0].startswith("csv from q.csv into ") and "1 new, 0 unchanged, 0 different" in text[0]
    assert "  left out, 5: is even (line 0, line 2, line 4, ...)" in text
