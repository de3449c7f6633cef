"""An open catalogue notices changes in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay.catalog import InvalidCatalog
from assay.catalog.catalog import Catalog
from assay.catalog.file_cache import FileCache

if TYPE_CHECKING:
    from .conftest import Folder


def test_unchanged_files_are_not_read_again(folder: Folder) -> None:
    catalog = folder.open()
    assert catalog.find_task("clamp") is catalog.find_task("clamp")
    assert catalog.registry() is catalog.registry()


@pytest.mark.parametrize("path", ["task.yaml", "tests/test_clamp.py", "reference/solution.py", "workspace/solution.py"])
def test_a_change_anywhere_in_a_task_is_noticed(folder: Folder, path: str) -> None:
    catalog = folder.open()
    before = catalog.find_task("clamp")
    with (folder.root / "tasks/clamp" / path).open("a") as file:
        file.write("\n# changed\n")
    assert catalog.find_task("clamp") is not before


def test_a_new_task_and_its_removal_are_noticed(folder: Folder) -> None:
    catalog = folder.open()
    text = (folder.root / "tasks/colours/task.yaml").read_text().replace("id: colours", "id: shades")
    folder.write("tasks/shades/task.yaml", text)
    folder.write("tasks/shades/samples.jsonl", '{"sample_id": "a", "expected": "red"}')
    assert [task.task_id for task in catalog.tasks()] == ["clamp", "colours", "shades"]
    (folder.root / "tasks/shades/samples.jsonl").unlink()
    (folder.root / "tasks/shades/task.yaml").unlink()
    (folder.root / "tasks/shades").rmdir()
    assert [task.task_id for task in catalog.tasks()] == ["clamp", "colours"]


def test_a_suite_is_validated_again_when_a_task_changes(folder: Folder) -> None:
    catalog = folder.open()
    assert catalog.suites()[0].task_ids == ("colours", "clamp")
    folder.edit("tasks/clamp/task.yaml", "category: coding", "category: puzzles")
    with pytest.raises(InvalidCatalog, match="unknown category 'coding'"):
        catalog.find_suite("small")


def test_mistakes_appear_and_go(folder: Folder) -> None:
    catalog = folder.open()
    folder.edit("tasks/clamp/task.yaml", "kind: tests", "kind: test")
    assert len(catalog.mistakes()) == 1
    folder.edit("tasks/clamp/task.yaml", "kind: test\n", "kind: tests\n")
    assert catalog.mistakes() == []


def test_the_disk_is_checked_again_only_after_the_interval(tmp_path: Path) -> None:
    now = [100.0]
    cache = FileCache(recheck_seconds=5, clock=lambda: now[0])
    path = tmp_path / "file"
    path.write_text("one")
    assert cache.get(path, path.read_text).get() == "one"
    path.write_text("other")
    now[0] = 104.9
    assert cache.get(path, path.read_text).get() == "one"
    now[0] = 105.0
    assert cache.get(path, path.read_text).get() == "other"


def test_a_file_that_disappears_while_it_is_read_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    with pytest.raises(InvalidCatalog, match="gone: cannot be read"):
        FileCache(recheck_seconds=0).get(path, path.read_text).get()


def test_opening_a_catalogue_reads_no_file(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "id: clamp", "id: {")
    folder.edit("models.yaml", "providers:", "providers: 5 #")
    assert Catalog.open(folder.root).find_task("colours").task_id == "colours"
