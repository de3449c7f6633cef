"""Tasks with hidden tests in other languages: mistakes name their file, line and field."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assay.catalog import InvalidCatalog, load_task, make_bundles
from assay.contracts.frameworks import Framework, driver_language, find_test_files

CHEATS = Path(__file__).parents[1] / "cheats"
LANGUAGES = ("cpp", "go", "html", "javascript", "rust")


def mistakes_of(folder: Path) -> list[str]:
    try:
        load_task(folder)
    except InvalidCatalog as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def copied(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(CHEATS / name, folder / name))


def edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_judges_tasks_have_no_mistakes(name: str) -> None:
    assert mistakes_of(CHEATS / name) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("go", "framework: go", "framework: golang", "checks[0].framework: unknown"),
        ("go", "    driver: driver\n", "", "checks[0].driver: is missing; framework 'go' needs one"),
        ("go", "driver: driver", "driver: tests", "checks[0].driver: "),
        (
            "go",
            "- TestCountsCalls",
            "- test_counts",
            "'test_counts' is no test of framework 'go', such as 'TestEvicts/old",
        ),
        ("go", "- TestCountsCalls", "- TestCountCalls", "no test 'TestCountCalls'; did you mean 'TestCountsCalls'?"),
        ("go", "- TestCountsCalls\n", "- TestRefusals/x\n", "test 'TestCountsCalls' is in the tests' folder, but no"),
        ("go", "- TestCountsCalls", "- TestRefusals/capacity", "test 'TestRefusals/capacity' is listed twice"),
        (
            "go",
            "driver: driver",
            "driver: driver\n    command: [x]",
            "checks[0].command: is only allowed for framework",
        ),
        (
            "go",
            "driver: driver",
            "driver: driver\n    build: [x]",
            "checks[0].build: is only allowed for a driver in C++",
        ),
        (
            "javascript",
            "framework: node",
            "framework: node\n    driver: driver",
            "checks[0].driver: is not used by framework",
        ),
        (
            "javascript",
            "- lru.test.mjs > loads later",
            "- lru.mjs > loads later",
            "no test 'lru.mjs > loads later'; did you",
        ),
        ("javascript", "- lru.test.mjs > loads later", "- loads later", "'loads later' is no test of framework 'node'"),
        (
            "rust",
            "- numbers::extremes",
            "- lru::extremes",
            "file 'numbers' is in the tests' folder, but no test of it",
        ),
        ("cpp", "- Lru.RefusesCapacity", "- Lur.RefusesCapacity", "no test 'Lur.RefusesCapacity'; did you mean 'Lru'?"),
        (
            "html",
            "framework: html",
            "framework: cpp",
            "tests/ has no test file of framework 'cpp' (*.cpp, *.cc, *.cxx)",
        ),
    ],
)
def test_mistakes_in_a_task(tmp_path: Path, name: str, old: str, new: str, expected: str) -> None:
    folder = copied(name, tmp_path)
    edit(folder / "task.yaml", old, new)
    assert any(expected in mistake for mistake in mistakes_of(folder)), mistakes_of(folder)


def test_a_driver_needs_a_program(tmp_path: Path) -> None:
    folder = copied("go", tmp_path)
    (folder / "driver" / "main.go").rename(folder / "driver" / "lru.go")
    assert mistakes_of(folder) == ["go: driver/ has no program: main.go, main.rs or a C++ source file"]


def test_the_workspace_must_not_contain_the_driver(tmp_path: Path) -> None:
    folder = copied("go", tmp_path)
    shutil.copy(folder / "driver" / "main.go", folder / "workspace" / "main.go")
    assert "workspace/main.go is a copy of driver/main.go" in mistakes_of(folder)[0]


def test_only_the_judge_gets_the_driver() -> None:
    bundles = make_bundles(load_task(CHEATS / "go"))
    assert "driver/main.go" in bundles.hidden
    assert not any(path.startswith("driver/") for path in (*bundles.public, *bundles.reference))


def test_tests_are_found_as_their_frameworks_find_them() -> None:
    paths = [
        "a.test.mjs",
        "deep/b-test.js",
        "test-c.cjs",
        "d.mjs",
        "x_test.go",
        "deep/y_test.go",
        "z.rs",
        "support/mod.rs",
    ]
    assert find_test_files(Framework.NODE, paths) == ["a.test.mjs", "deep/b-test.js", "test-c.cjs"]
    assert find_test_files(Framework.GO, paths) == ["x_test.go"]
    assert find_test_files(Framework.CARGO, paths) == ["z.rs"]


@pytest.mark.parametrize(
    ("paths", "language"),
    [
        (["main.go", "more.go"], Framework.GO),
        (["main.rs"], Framework.CARGO),
        (["any.cc"], Framework.CPP),
        (["deep/main.go"], None),
    ],
)
def test_a_drivers_language_is_that_of_its_main_file(paths: list[str], language: Framework | None) -> None:
    assert driver_language(paths) is language
