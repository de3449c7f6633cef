"""Every mistake names its file, line and field, with a suggestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.catalog import Catalog, InvalidCatalog

if TYPE_CHECKING:
    from .conftest import Folder

TASK = "catalog/tasks/clamp/task.yaml"
COLOURS = "catalog/tasks/colours/task.yaml"


def test_a_valid_catalogue_has_no_mistakes(folder: Folder) -> None:
    assert folder.mistakes() == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: tests", "kind: test", f"{TASK}:10: checks[0].kind: unknown check 'test'; did you mean 'tests'?"),
        (
            "difficulty: easy",
            "difficulty: esy",
            f"{TASK}:4: difficulty: unknown difficulty 'esy'; did you mean 'easy'?",
        ),
        ("solver: files", "solver: file", f"{TASK}:6: solver: unknown solver 'file'; did you mean 'files'?"),
        ("outputs:", "output:", f"{TASK}:7: output: unknown field 'output'; did you mean 'outputs'?"),
        (
            "    expected:",
            "    expect:",
            f"{TASK}:11: checks[0].expect: unknown field 'expect'; did you mean 'expected'?",
        ),
        ("title: Clamp a number\n", "", f"{TASK}:1: title: is missing"),
        ("id: clamp", "id: clmp", f"{TASK}:1: id: 'clmp' is not the folder's name; did you mean 'clamp'?"),
        ("title: Clamp a number", "title: [a]", f"{TASK}:2: title: must be a string, got a list"),
        ("outputs: [solution.py]", "outputs: [../x.py]", f"{TASK}:7: outputs[0]: path '../x.py'"),
        (
            "outputs: [solution.py]",
            "outputs: [solution.py, solution.py]",
            f"{TASK}:7: outputs[1]: 'solution.py' is listed",
        ),
        (
            "outputs: [solution.py]",
            "outputs: [solution.py, extra.py]",
            f"{TASK}:7: outputs[1]: reference/ has no 'extra",
        ),
        ("language: python", "title: Again", f"{TASK}:5: title: is set twice"),
        ("language: python", "pass_score: 2", f"{TASK}:5: pass_score: must be at most 1, got 2"),
        (
            "language: python",
            "limits: {max_token: 5}",
            f"{TASK}:5: limits.max_token: unknown field 'max_token'; did you",
        ),
        ("language: python", "limits: 5", f"{TASK}:5: limits: expected fields with values, got 5"),
        ("language: python", "language: &p python", ""),
        ("language: python", "tags: [\n", f"{TASK}:8: not valid YAML: "),
        (
            "  - kind: tests\n    expected:",
            "  - kind: tests\n    weight: 0\n    expected:",
            f"{TASK}:9: checks: every weight",
        ),
        (
            "      - test_clamp.py::test_high\n",
            "",
            f"{TASK}:11: checks[0].expected: test 'test_clamp.py::test_high' is in",
        ),
        (
            "::test_high",
            "::test_hgih",
            f"{TASK}:13: checks[0].expected[1]: the test files have no test 'test_clamp.py::test_hgih'",
        ),
        (
            "::test_high",
            "::test_low",
            f"{TASK}:13: checks[0].expected[1]: test 'test_clamp.py::test_low' is listed twice",
        ),
        (
            "::test_high",
            "::test_high[1]",
            f"{TASK}:11: checks[0].expected: test 'test_clamp.py::test_high' has no param",
        ),
        (
            "kind: tests",
            "path: other\n    kind: tests",
            f"{TASK}:10: checks[0].path: 'other' is not in the folder tests",
        ),
        ("solver: files", "solver: answer", f"{TASK}:7: outputs: is only allowed for solvers that submit"),
    ],
)
def test_mistakes_in_a_task_with_output_files(folder: Folder, old: str, new: str, expected: str) -> None:
    folder.edit("tasks/clamp/task.yaml", old, new)
    found = folder.mistakes()
    assert any(mistake.startswith(expected) for mistake in found) if expected else not found, found


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "samples.jsonl",
            '"green"',
            '"gren"',
            "samples.jsonl:1: expected: 'gren' is not among the options; did you mean 'green'?",
        ),
        (
            "samples.jsonl",
            ', "expected": "red"',
            "",
            "samples.jsonl:2: expected: is missing; check 'choice' compares with it",
        ),
        (
            "samples.jsonl",
            '"red"',
            "7",
            "samples.jsonl:2: expected: check 'choice' compares text, got 7; write it in quotes",
        ),
        (
            "samples.jsonl",
            '"blood"',
            '"grass"',
            "samples.jsonl:2: sample_id: 'grass' is already the id of an earlier sample",
        ),
        (
            "samples.jsonl",
            '"input": "What colour is blood?"',
            '"inputs": "x"',
            "samples.jsonl:2: inputs: unknown field",
        ),
        ("samples.jsonl", '"sea",', '"sea"', "samples.jsonl:3: is not valid JSON: "),
        ("task.yaml", "instructions: Answer with one word.\n", "", "task.yaml:1: instructions: is missing"),
        (
            "task.yaml",
            "kind: choice",
            "kind: choise",
            "task.yaml:8: checks[0].kind: unknown check 'choise'; did you mean 'choice'?",
        ),
        (
            "task.yaml",
            "options: [red, green, blue]",
            "options: [red]",
            "task.yaml:9: checks[0].options: must have at least 2 items, got 1",
        ),
        (
            "task.yaml",
            "  - kind: choice",
            "  - kind: regex\n    pattern: '('\n  - kind: choice",
            "task.yaml:9: checks[0].pattern: not a",
        ),
        ("task.yaml", "solver: answer", "solver: answer\noutputs: [x]", "task.yaml:6: outputs: is only allowed for"),
        (
            "task.yaml",
            "solver: answer",
            "solver: answer\nsamples: [{sample_id: a}]",
            "task.yaml:6: samples: are listed here and",
        ),
        (
            "task.yaml",
            "  - kind: choice",
            "  - kind: numeric\n    fields: [mean]\n  - kind: choice",
            "samples.jsonl:1: expected: needs the",
        ),
    ],
)
def test_mistakes_in_a_task_of_questions(folder: Folder, path: str, old: str, new: str, expected: str) -> None:
    folder.edit(f"tasks/colours/{path}", old, new)
    found = folder.mistakes()
    assert any(mistake.startswith(f"catalog/tasks/colours/{expected}") for mistake in found), found


def test_all_mistakes_in_a_task_are_reported_at_once(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "difficulty: easy", "difficulty: esy")
    folder.edit("tasks/clamp/task.yaml", "kind: tests", "kind: test")
    folder.edit("tasks/clamp/task.yaml", "outputs:", "ouputs:")
    (folder.root / "tasks/clamp/instructionz.md").write_text("x")
    refusal = folder.refusal("clamp")
    assert [mistake.line for mistake in refusal.mistakes] == [0, 4, 7, 10]
    assert [mistake.near for mistake in refusal.mistakes] == ["instructions.md", "easy", "outputs", "tests"]


def test_the_problem_has_a_field_error_for_each_mistake(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "kind: tests", "kind: test")
    problem = folder.refusal("clamp").problem
    assert (problem.code, problem.status) == ("invalid_catalog", 422)
    (error,) = problem.errors
    assert error.where == f"{TASK}:10: checks[0].kind"
    assert (error.message, error.near) == ("unknown check 'test'", "tests")


def test_an_invalid_task_does_not_hide_the_others(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "kind: tests", "kind: test")
    catalog = folder.open()
    assert [task.task_id for task in catalog.tasks()] == ["colours"]
    assert catalog.find_task("colours").task_id == "colours"


@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        ("reference/solution.py", "catalog/tasks/clamp: reference/ is missing or empty; add outputs that score 1"),
        ("cheats/lies/solution.py", "catalog/tasks/clamp: cheats/ has 1 cheats; a task that runs code needs 2"),
        ("task.yaml", "catalog/tasks/clamp/task.yaml: cannot be read: No such file or directory"),
    ],
)
def test_missing_parts_are_mistakes(folder: Folder, remove: str, expected: str) -> None:
    (folder.root / "tasks/clamp" / remove).unlink()
    assert expected in folder.mistakes()


def test_without_a_noop_folder_the_workspace_is_submitted_unchanged(folder: Folder) -> None:
    task = folder.root / "tasks/clamp"
    whole = folder.open().find_task("clamp")
    (task / "noop/solution.py").unlink()
    again = folder.open().find_task("clamp")
    assert (again.digest, again.files) == (whole.digest, whole.files)
    (task / "workspace/solution.py").unlink()
    message = "noop/ is missing or empty, and workspace/ has no outputs to use instead; add outputs that score 0"
    assert f"catalog/tasks/clamp: {message}" in folder.mistakes()


def test_a_hidden_test_in_the_workspace_is_refused(folder: Folder) -> None:
    tests = (folder.root / "tasks/clamp/tests/test_clamp.py").read_text()
    folder.write("tasks/clamp/workspace/notes.txt", tests)
    expected = "workspace/notes.txt is a copy of tests/test_clamp.py, which the attempt must not see"
    assert folder.mistakes() == [f"catalog/tasks/clamp: {expected}"]


def test_a_workspace_with_the_solution_is_refused(folder: Folder) -> None:
    solution = (folder.root / "tasks/clamp/reference/solution.py").read_text()
    folder.write("tasks/clamp/workspace/solution.py", solution)
    assert folder.mistakes() == ["catalog/tasks/clamp: workspace/ already contains the reference solution"]


def test_links_are_refused(folder: Folder) -> None:
    (folder.root / "tasks/clamp/workspace/passwd").symlink_to("/etc/passwd")
    assert folder.mistakes() == ["catalog/tasks/clamp: workspace/passwd: is a link; use the file itself"]


def test_a_linked_folder_is_not_followed(folder: Folder) -> None:
    (folder.root / "tasks/clamp/workspace/all").symlink_to("/")
    assert folder.mistakes() == ["catalog/tasks/clamp: workspace/all: is a link; use the file itself"]


def test_large_files_are_refused_by_name(folder: Folder) -> None:
    folder.write("tasks/clamp/tests/data.txt", "x" * 5_000_001)
    assert folder.mistakes() == ["catalog/tasks/clamp: tests/data.txt: has 5000001 bytes, more than 5000000"]


def test_a_prompt_that_is_too_long_is_refused(folder: Folder) -> None:
    folder.write("tasks/clamp/workspace/log.txt", "x" * 400_001)
    (mistake,) = folder.mistakes()
    assert mistake.startswith("catalog/tasks/clamp: instructions and workspace have 400")


def test_test_files_that_are_not_python_are_refused(folder: Folder) -> None:
    folder.write("tasks/clamp/tests/test_clamp.py", "def test_low(:\n")
    assert folder.mistakes() == ["catalog/tasks/clamp: tests/test_clamp.py:1: is not Python: invalid syntax"]


def test_each_parameter_set_is_listed(folder: Folder) -> None:
    source = "import pytest\n\n\n@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_low(n):\n    assert n\n"
    folder.write("tasks/clamp/tests/test_clamp.py", source)
    folder.edit("tasks/clamp/task.yaml", "      - test_clamp.py::test_high\n", "")
    where = f"{TASK}:11: checks[0].expected"
    assert folder.mistakes() == [
        f"{where}: test 'test_clamp.py::test_low' has parameters: list each case, like 'test_clamp.py::test_low[1-2]'"
    ]
    folder.edit("tasks/clamp/task.yaml", "test_low", '"test_low[1]"'.strip('"'))
    assert folder.mistakes() == [f"{where}: test 'test_clamp.py::test_low' has 3 cases, but 1 are listed"]


def test_aliases_are_refused(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "language: python", "language: &p python\ntags: [*p]")
    assert folder.mistakes()[0] == f"{TASK}:6: tags[0]: aliases (*name) are not supported; write the value out"


def test_a_folder_without_tasks_is_not_a_catalogue(folder: Folder) -> None:
    with pytest.raises(InvalidCatalog, match="is not a catalogue"):
        Catalog.open(folder.root / "suites")
