"""Files that are not files, or too large, deep or many: each is a mistake of its own, with both numbers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.catalog import Catalog, InvalidCatalog, load_task
from assay.catalog.file_cache import FileCache
from assay.contracts.catalog import CatalogPart
from tests.catalog.conftest import Folder

NOBODY = 65_534


def only_mistakes_of(folder: Folder, name: str) -> list[str]:
    """The mistakes, all of task ``name``; the other task and the suite still load."""
    catalog = folder.open()
    other = "colours" if name == "clamp" else "clamp"
    assert [task.task_id for task in catalog.tasks()] == [other]
    assert {(each.part, each.name) for each in catalog.broken()} == {(CatalogPart.TASK, name)}
    return [str(mistake) for mistake in catalog.mistakes()]


@pytest.mark.parametrize("file", ["task.yaml", "samples.jsonl", "instructions.md"])
def test_a_folder_in_place_of_a_file(folder: Folder, file: str) -> None:
    path = folder.root / "tasks/colours" / file
    path.unlink(missing_ok=True)
    path.mkdir()
    assert f"catalog/tasks/colours/{file}: cannot be read: Is a folder, not a file" in only_mistakes_of(
        folder, "colours"
    )


@pytest.mark.parametrize("file", ["task.yaml", "samples.jsonl", "instructions.md"])
def test_a_pipe_in_place_of_a_file_blocks_nothing(folder: Folder, file: str) -> None:
    path = folder.root / "tasks/colours" / file
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert f"catalog/tasks/colours/{file}: is a pipe, not a file" in only_mistakes_of(folder, "colours")


@pytest.mark.parametrize("file", ["task.yaml", "samples.jsonl"])
def test_a_link_that_leads_nowhere(folder: Folder, file: str) -> None:
    path = folder.root / "tasks/colours" / file
    path.unlink()
    path.symlink_to("nowhere")
    found = only_mistakes_of(folder, "colours")
    assert f"catalog/tasks/colours/{file}: cannot be read: No such file or directory" in found
    assert f"catalog/tasks/colours: {file}: is a link; use the file itself" in found


def test_a_task_that_is_a_link(folder: Folder) -> None:
    (folder.root / "tasks/linked").symlink_to("clamp")
    (folder.root / "tasks/gone").symlink_to("nowhere")
    found = folder.mistakes()
    assert "catalog/tasks/linked: is a link; use the folder itself" in found
    assert "catalog/tasks/gone: is a link; use the folder itself" in found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("tasks/colours/task.yaml", "catalog/tasks/colours/task.yaml: cannot be read: Permission denied"),
        ("tasks/colours/samples.jsonl", "catalog/tasks/colours/samples.jsonl: cannot be read: Permission denied"),
        ("tasks/colours", "catalog/tasks/colours: cannot be read: Permission denied"),
        ("tasks/clamp/tests", "catalog/tasks/clamp: cannot be read: Permission denied"),
        ("suites/small.yaml", "catalog/suites/small.yaml: cannot be read: Permission denied"),
        ("suites", "catalog/suites: cannot be read: Permission denied"),
        ("tasks", "catalog/tasks: cannot be read: Permission denied"),
    ],
)
def test_unreadable_files_and_folders(folder: Folder, path: str, reason: str) -> None:
    (folder.root / path).chmod(0)
    for parent in folder.root.parents[: -len(Path(tempfile.gettempdir()).parts)]:
        parent.chmod(parent.stat().st_mode | 0o755)
    assert reason in as_nobody(folder.mistakes)


def test_a_catalogue_in_a_folder_that_cannot_be_entered(folder: Folder) -> None:
    folder.root.chmod(0)
    with pytest.raises(InvalidCatalog, match=r"cannot be read: Permission denied|has no folder tasks"):
        as_nobody(folder.mistakes)


def as_nobody(read: Callable[[], list[str]]) -> list[str]:
    """Root could read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        return read()
    finally:
        os.seteuid(user)


def test_a_file_in_place_of_a_folder(folder: Folder) -> None:
    shutil.rmtree(folder.root / "suites")
    (folder.root / "suites").write_text("x")
    assert folder.mistakes() == ["catalog/suites: cannot be read: Not a directory"]
    (folder.root / "suites").unlink()
    (folder.root / "tasks/clamp/noop/solution.py").unlink()
    (folder.root / "tasks/clamp/noop").rmdir()
    (folder.root / "tasks/clamp/noop").write_text("x")
    assert "catalog/tasks/clamp: noop is a file, but must be a folder" in folder.mistakes()


def test_a_catalogue_whose_tasks_disappear_is_empty(folder: Folder) -> None:
    catalog = folder.open()
    shutil.rmtree(folder.root / "tasks")
    assert catalog.tasks() == []


def test_names_that_are_not_utf_8_can_be_listed_and_sent(folder: Folder) -> None:
    name = os.fsdecode(b"caf\xe9")
    (folder.root / "tasks" / name).mkdir()
    (folder.root / "tasks/clamp/workspace" / name).write_text("x")
    (folder.root / f"suites/{name}.yaml").write_text("id: x\n")
    found = folder.mistakes()
    assert "catalog/tasks/caf\\udce9/task.yaml: cannot be read: No such file or directory" in found
    assert any("catalog/suites/caf\\udce9.yaml" in mistake for mistake in found)
    assert any("contains a backslash or an invisible character" in mistake for mistake in found)
    "\n".join(found).encode()


def test_size_errors_have_both_numbers(folder: Folder) -> None:
    with (folder.root / "tasks/colours/samples.jsonl").open("wb") as file:
        file.truncate(64_000_001)
    assert only_mistakes_of(folder, "colours") == [
        "catalog/tasks/colours/samples.jsonl: has 64000001 bytes, more than 64000000"
    ]
    folder.write("tasks/colours/samples.jsonl", "{}\n" * 100_001)
    assert only_mistakes_of(folder, "colours") == [
        "catalog/tasks/colours/samples.jsonl: has 100001 lines, more than 100000"
    ]
    folder.write("tasks/colours/task.yaml", "a: b\n" + "#" * 1_000_000)
    found = only_mistakes_of(folder, "colours")
    assert found == ["catalog/tasks/colours/task.yaml: has 1000005 bytes, more than 1000000"]
    folder.write("tasks/colours/instructions.md", "x" * 400_001)
    assert folder.mistakes() == found


def test_too_many_files_or_bytes_are_counted(folder: Folder) -> None:
    many = folder.root / "tasks/clamp/workspace"
    for number in range(2_005):
        (many / f"{number}.txt").touch()
    (message,) = [mistake for mistake in only_mistakes_of(folder, "clamp") if "more than" in mistake]
    assert message.startswith("catalog/tasks/clamp: has 2012 files of ")
    assert message.endswith(" bytes, more than 2000 files or 20000000 bytes")


def test_folders_without_end_are_not_followed(folder: Folder) -> None:
    deep = folder.root / "tasks/clamp/workspace"
    for _ in range(200):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    assert any("is deeper than 32 folders" in mistake for mistake in only_mistakes_of(folder, "clamp"))


@pytest.mark.parametrize(
    "text",
    [
        "samples: [" + "1, " * 100_000 + "1]",
        "\n".join(f"f{number}: 1" for number in range(50_000)),
        "outputs: [" + ", ".join(f"'{number}*'" for number in range(60_000)) + "]",
        "tags: [" + ", ".join(["A"] * 100_000) + "]",
    ],
    ids=["samples", "fields", "outputs", "tags"],
)
def test_a_hundred_thousand_mistakes_are_cut_off(folder: Folder, text: str) -> None:
    (folder.root / "tasks/clamp/task.yaml").write_text(text)
    assert len(only_mistakes_of(folder, "clamp")) < 150


def test_a_list_of_many_tests_is_compared_in_linear_time(folder: Folder) -> None:
    listed = "".join(f"      - test_clamp.py::test_{number}\n" for number in range(25_000))
    folder.edit("tasks/clamp/task.yaml", "      - test_clamp.py::test_low\n", listed)
    found = only_mistakes_of(folder, "clamp")
    assert "has more than 99 mistakes; these are the first" in found[0]


@pytest.mark.parametrize(
    "source",
    [
        "-" * 200_000 + "1",
        "(" * 300,
        "[" * 90_000,
        "1" + "+1" * 100_000,
        "# coding: nonsense\n",
        "x = 'a\0b'",
        "\ufeffdef",
    ],
    ids=["minus", "parentheses", "brackets", "sum", "coding", "nul", "cut off"],
)
def test_hidden_tests_that_cannot_be_parsed(folder: Folder, source: str) -> None:
    folder.write("tasks/clamp/tests/test_clamp.py", source)
    found = only_mistakes_of(folder, "clamp")
    assert any("tests/test_clamp.py:" in mistake and "is not Python: " in mistake for mistake in found), found


def test_tests_with_odd_escapes_give_no_warning(folder: Folder, recwarn: pytest.WarningsRecorder) -> None:
    path = folder.root / "tasks/clamp/tests/test_clamp.py"
    path.write_text(path.read_text() + "\nPATTERN = '\\d'\n")
    load_task(folder.root / "tasks/clamp")
    assert not list(recwarn)


def test_an_error_in_the_loader_itself_is_one_broken_task(tmp_path: Path) -> None:
    def load() -> None:
        raise RecursionError("too deep")

    loaded = FileCache(0).get(tmp_path, load)
    with pytest.raises(
        InvalidCatalog, match="cannot be loaded, because of an error in Assay: RecursionError: too deep"
    ):
        loaded.get()


def test_the_listing_names_what_is_broken(folder: Folder) -> None:
    folder.write("suites/other.yaml", "id: other\n")
    folder.write("scripted/odd.yaml", "title: [\n")
    folder.write("models.yaml", "providers: 5\n")
    folder.write("prices.yaml", "versions: 5\n")
    found = {(each.part, each.name) for each in Catalog.open(folder.root, 0).broken()}
    assert found == {
        (CatalogPart.SUITE, "other"), (CatalogPart.SCRIPT, "odd"),
        (CatalogPart.MODELS, "models.yaml"), (CatalogPart.PRICES, "prices.yaml"),
    }  # fmt: skip
