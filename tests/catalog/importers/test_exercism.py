"""Tracks of Exercism: which exercises are taken, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.exercism import track
from assay.catalog.importers.plan import TaskOptions
from tests.catalog.importers import tracks
from tests.catalog.importers.harness import left_out, manifest


def test_an_exercise_in_python(tmp_path: Path) -> None:
    source = tracks.track(tmp_path, "python", {"practice/jar": tracks.python_jar()})
    plan = track.read(source, TaskOptions())
    [task] = plan.tasks
    found = manifest(plan)
    assert (found["id"], found["title"], found["difficulty"]) == ("exercism_python_jar", "Jar", "medium")
    assert found["outputs"] == ["jar.py", "jar_data.py"]
    assert found["checks"][0]["expected"] == [
        "jar_test.py::TestJarTest::test_nobody",
        "jar_test.py::TestJarTest::test_names",
        "jar_test.py::TestJarTest::test_full",
    ]
    text = task.files["instructions.md"].decode()
    assert text.index("Jars hold sweets.") < text.index("Fill a jar.") < text.index("Say when it is full.")
    assert "Write the solution in the file jar.py." in text
    tests = task.files["tests/jar_test.py"].decode()
    assert "self.assertIsInstance(err.exception, ValueError)" in tests
    assert task.files["reference/jar.py"].decode() == tracks.PYTHON_EXAMPLE
    assert "subTest" in task.files["tests/conftest.py"].decode()
    cheat = task.files["cheats/equals_everything/jar.py"].decode()
    assert cheat.endswith("Jar = Anything()\ngreeting = Anything()\n")


def test_an_exercise_in_javascript(tmp_path: Path) -> None:
    source = tracks.track(tmp_path, "javascript", {"practice/jar": tracks.javascript_jar()})
    plan = track.read(source, TaskOptions())
    [task] = plan.tasks
    found = manifest(plan)
    assert (found["outputs"], found["language"]) == (["jar.mjs", "jar-data.mjs"], "javascript")
    assert found["checks"][0]["framework"] == "node"
    assert found["checks"][0]["expected"] == [
        "jar.test.mjs > Jar > nobody",
        'jar.test.mjs > Jar > sweets -› jar > put\'s "result"',
        "jar.test.mjs > Jar > sweets -› jar > too many",
        "jar.test.mjs > Jar > sweets -› jar > later",
        "jar.test.mjs > Jar > sweets -› jar > done",
    ]
    tests = task.files["tests/jar.test.mjs"].decode()
    assert "from './jest_globals.mjs'" in tests and "from './jar.mjs'" in tests
    assert task.files["reference/jar.mjs"].decode().startswith("import { LIMIT } from './jar-data.mjs'")


def test_older_tests_use_jest_s_globals(tmp_path: Path) -> None:
    tests = "import { greeting } from './jar';\ntest('nobody', () => expect(greeting()).toBe('Hello, you.'));\n"
    source = tracks.track(tmp_path, "javascript", {"practice/jar": tracks.javascript_jar(tests=tests)})
    [task] = track.read(source, TaskOptions()).tasks
    assert task.files["tests/jar.test.mjs"].decode().startswith("import { describe, xdescribe, test, ")


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("from jar import Jar\n", "has no tests"),
        ("import numpy\ndef test_a(): ...\n", "it needs the package numpy"),
        ("def test_a(: ...\n", "jar_test.py is not Python"),
        ("import pytest\n@pytest.mark.parametrize('a', [1])\ndef test_a(a): ...\n", "its tests have parameters"),
        ("import threading\nfrom jar import Jar\ndef test_a(): ...\n", "its tests use threads or replace functions"),
        ("from jar import Jar\ndef test_a():\n    assert Jar.__doc__\n", "its tests read docstrings"),
        (
            "from jar import Sum\ndef test_a():\n    assert Sum(1) == Sum(1)\n",
            "operators of the solution's own classes",
        ),
    ],
)
def test_exercises_in_python_that_are_left_out(tmp_path: Path, tests: str, reason: str) -> None:
    example = f"{tracks.PYTHON_EXAMPLE}\nclass Sum:\n    def __eq__(self, other):\n        return True\n"
    source = tracks.track(
        tmp_path,
        "python",
        {"practice/jar": tracks.python_jar(), "practice/odd": tracks.python_jar(tests=tests, example=example)},
    )
    plan = track.read(source, TaskOptions())
    assert [task.task_id for task in plan.tasks] == ["exercism_python_jar"]
    assert reason in left_out(plan)["practice/odd"]


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("import { a } from './jar'\n", "has no tests"),
        ("[1].forEach((n) => test(`is ${n}`, () => {}))\n", "the names of its tests are computed"),
        ("const { test } = require('@jest/globals')\ntest('a', () => {})\n", "its tests are no ES modules"),
        ("import fs from 'left-pad'\ntest('a', () => {})\n", "neither of the exercise nor of Jest"),
        ("test('a', () => { console.log = jest.fn() })\n", "share no process with it"),
    ],
)
def test_exercises_in_javascript_that_are_left_out(tmp_path: Path, tests: str, reason: str) -> None:
    source = tracks.track(
        tmp_path,
        "javascript",
        {"practice/jar": tracks.javascript_jar(), "concept/odd": tracks.javascript_jar(tests=tests)},
    )
    plan = track.read(source, TaskOptions())
    assert [task.task_id for task in plan.tasks] == ["exercism_javascript_jar"]
    assert reason in left_out(plan)["concept/odd"]


def test_an_exercise_in_bash(tmp_path: Path) -> None:
    source = tracks.track(
        tmp_path,
        "bash",
        {"practice/greet": tracks.bash_greet(), "practice/odd": tracks.bash_greet(tests="setup() { :; }")},
    )
    plan = track.read(source, TaskOptions())
    assert left_out(plan)["practice/odd"].startswith("its tests need a shell")
    found = manifest(plan)
    assert (found["outputs"], found["language"]) == (["greet.sh"], "bash")
    assert found["checks"][0]["expected"] == [
        f"test_exercise.py::test_{name}" for name in ("01_nobody", "02_a_quoted_name_more", "03_too_many", "04_repeats")
    ]


def test_folders_that_are_no_exercise_are_left_out(tmp_path: Path) -> None:
    jar = tracks.python_jar()
    exercises = {
        "practice/jar": jar,
        "practice/empty": {"README.md": "x"},
        "practice/json": {**jar, ".meta/config.json": "{"},
        "practice/lists": {**jar, ".meta/config.json": json.dumps({"files": {"solution": [1]}})},
        "practice/untested": {**jar, ".meta/config.json": tracks.config(solution=["jar.py"])},
        "practice/missing": {**jar, ".meta/config.json": tracks.config(solution=["jar.py"], test=["none_test.py"])},
        "practice/outside": {
            **jar,
            ".meta/config.json": tracks.config(solution=["../jar/jar.py"], test=["jar_test.py"]),
        },
        "practice/unsolved": {**jar, ".meta/config.json": tracks.config(solution=["jar.py"], test=["jar_test.py"])},
    }
    source = tracks.track(tmp_path / "track", "python", exercises)
    (source / "exercises/practice/linked").mkdir()
    (tmp_path / "secret.py").write_text("SECRET = 1\n")
    tracks.write(source / "exercises/practice/linked", jar)
    (source / "exercises/practice/linked/jar.py").unlink()
    (source / "exercises/practice/linked/jar.py").symlink_to(tmp_path / "secret.py")
    assert left_out(track.read(source, TaskOptions())) == {
        "practice/empty": ".meta/config.json cannot be read: No such file or directory",
        "practice/json": ".meta/config.json is not valid JSON",
        "practice/linked": "jar.py is a link that leaves the folder",
        "practice/lists": ".meta/config.json has something else than paths in 'files'",
        "practice/missing": "none_test.py cannot be read: No such file or directory",
        "practice/outside": ".meta/config.json has a path that leaves the folder",
        "practice/unsolved": "does not have one example for each file of the solution",
        "practice/untested": ".meta/config.json names no file of the tests",
    }


def test_deprecated_exercises_and_subsets(tmp_path: Path) -> None:
    names = [f"practice/jar-{number}" for number in range(9)]
    source = tracks.track(tmp_path, "python", {name: tracks.python_jar() for name in names})
    config = json.loads((source / "config.json").read_text())
    config["exercises"]["practice"][0]["status"] = "deprecated"
    config["exercises"]["practice"][1]["difficulty"] = 10
    (source / "config.json").write_text(json.dumps(config))
    plan = track.read(source, TaskOptions())
    assert left_out(plan) == {"practice/jar-0": "is deprecated"}
    assert manifest(plan)["difficulty"] == "expert"
    few = track.read(source, TaskOptions(limit=2, seed=3, prefix="ex"))
    assert [task.task_id for task in few.tasks] == ["ex_jar_4", "ex_jar_5"]


def test_other_languages_are_refused_with_the_reason(tmp_path: Path) -> None:
    source = tracks.track(tmp_path, "java", {"practice/jar": tracks.python_jar()})
    with pytest.raises(ImportFailed, match="exercises in 'Java' are not taken, only those in python, javascript, bash"):
        track.read(source, TaskOptions())
