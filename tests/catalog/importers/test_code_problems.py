"""HumanEval and MBPP: what becomes of a problem, and which are left out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.importers import humaneval, mbpp
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import ImportPlan, TaskOptions
from assay.contracts.tasks import Difficulty
from tests.catalog.importers import problems
from tests.catalog.importers.harness import left_out, lines, manifest


def humaneval_plan(folder: Path, *rows: dict[str, Any], **options: Any) -> ImportPlan:
    return humaneval.read(lines(folder / "HumanEval.jsonl", rows), TaskOptions(**options))


def mbpp_plan(folder: Path, *rows: dict[str, Any], **options: Any) -> ImportPlan:
    return mbpp.read(lines(folder / "mbpp.jsonl", rows), TaskOptions(**options))


def test_a_problem_of_humaneval(tmp_path: Path) -> None:
    plan = humaneval_plan(tmp_path, problems.humaneval())
    [task] = plan.tasks
    assert (task.task_id, task.source) == ("humaneval_7", "line 1 (HumanEval/7)")
    assert sorted(task.files) == [
        "cheats/equals_everything/solution.py",
        "cheats/leaves_at_import/solution.py",
        "instructions.md",
        "reference/solution.py",
        "task.yaml",
        "tests/problem.py",
        "tests/test_problem.py",
        "workspace/solution.py",
    ]
    workspace = task.files["workspace/solution.py"].decode()
    assert workspace == f"{problems.PROMPT}    raise NotImplementedError\n"
    assert task.files["reference/solution.py"].decode().startswith(problems.PROMPT)
    hidden = task.files["tests/problem.py"].decode()
    assert "def twice(" in hidden and "import math" in hidden and "def total(" not in hidden
    [check] = manifest(plan)["checks"]
    assert (check["gate"], check["expected"]) == (True, ["test_problem.py::test_problem"])
    assert manifest(plan)["tags"] == ["imported", "humaneval"]


def test_options_of_all_problems(tmp_path: Path) -> None:
    rows = [problems.humaneval(task_id=f"HumanEval/{number}") for number in range(30)]
    plan = humaneval_plan(tmp_path, *rows, prefix="he", category="python", difficulty=Difficulty.HARD, limit=3, seed=1)
    assert [task.task_id for task in plan.tasks] == ["he_4", "he_18", "he_27"]
    assert (manifest(plan)["category"], manifest(plan)["difficulty"]) == ("python", "hard")
    assert plan.notes == ("3 of 30 problems, chosen at random with seed 1",)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"canonical_solution": "    return (\n"}, "its canonical solution is not Python"),
        ({"entry_point": "sum"}, "its entry_point is not a function of the canonical solution"),
        ({"test": "def verify(candidate): ..."}, "its test has no function check"),
        (
            {"test": "import numpy\ndef check(candidate): ..."},
            "it needs the package numpy, which is not in the judge's",
        ),
        ({"test": None}, "has no text in the field 'test'"),
        ({"task_id": "?"}, "its task_id has no letter or digit"),
        ({"prompt": problems.PROMPT + "    pass\n\nx = 1\n", "canonical_solution": "y = 1\n"}, "does not end with the"),
        ({"prompt": "\ud800"}, "has half of a surrogate pair in the field 'prompt'"),
    ],
)
def test_problems_that_are_left_out(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    plan = humaneval_plan(tmp_path, problems.humaneval_truth(), problems.humaneval(**changed))
    assert len(plan.tasks) == 1
    [(place, why)] = left_out(plan).items()
    assert place.startswith("line 2") and reason in why
    with pytest.raises(ImportFailed, match="no problem can be used: line 1"):
        humaneval_plan(tmp_path, problems.humaneval(**changed))


def test_a_compressed_file(tmp_path: Path) -> None:
    source = tmp_path / "HumanEval.jsonl.gz"
    source.write_bytes(gzip.compress(json.dumps(problems.humaneval()).encode()))
    assert humaneval.read(source, TaskOptions()).tasks[0].task_id == "humaneval_7"


def test_a_problem_of_mbpp(tmp_path: Path) -> None:
    plan = mbpp_plan(tmp_path, problems.mbpp())
    [task] = plan.tasks
    assert task.task_id == "mbpp_11"
    assert manifest(plan)["checks"][0]["expected"] == [
        f"test_problem.py::test_assertion_{number}" for number in (1, 2, 3)
    ]
    assert task.files["workspace/solution.py"].decode() == (
        "def test_twice(values, least=2):\n    raise NotImplementedError\n"
    )
    assert task.files["instructions.md"].decode().endswith("    assert test_twice([1, 2, 1]) == True\n")
    hidden = task.files["tests/problem.py"].decode()
    assert "    assert test_twice([1, 2]) == False\n" in hidden
    assert "    assert not _returning_data(test_twice)([], 3)\n" in hidden


def test_the_sanitized_file_is_an_array(tmp_path: Path) -> None:
    source = tmp_path / "sanitized-mbpp.json"
    source.write_text(json.dumps([problems.sanitized_mbpp()], indent=2))
    [task] = mbpp.read(source, TaskOptions()).tasks
    assert task.files["tests/problem.py"].decode().startswith("from solution import root\nimport math\n")


def test_a_stub_has_what_tests_use_and_nothing_of_its_body(tmp_path: Path) -> None:
    code = "import math\nLIMIT = 3\ndef helper(): return 1\ndef f(x: math.inf, *y, z=LIMIT, **w) -> int:\n  return 7\n"
    plan = mbpp_plan(
        tmp_path, problems.mbpp_objects(), problems.mbpp(task_id=2, code=code, test_list=["assert f(1) == LIMIT"])
    )
    first, second = (task.files["workspace/solution.py"].decode() for task in plan.tasks)
    assert first == (
        "class Node:\n    def __init__(self, value):\n        raise NotImplementedError\n\n\n"
        "def is_deep(root):\n    raise NotImplementedError\n"
    )
    assert second == "LIMIT = None\n\n\ndef f(x, *y, z=None, **w):\n    raise NotImplementedError\n"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"test_list": [], "challenge_test_list": []}, "has no test"),
        ({"test_list": ["print(1)"]}, "one of its tests is not a single assertion"),
        ({"test_list": ["assert ("]}, "one of its tests is not Python"),
        ({"test_list": ["assert sum([1]) == 1"], "challenge_test_list": None}, "its tests use nothing that its code"),
        ({"test_list": "assert f()"}, "has no list of texts in the field 'test_list'"),
        ({"code": "def f():\n\treturn 1\n        return 2"}, "its code is not Python"),
        ({"code": "import scipy\ndef test_twice(x): ..."}, "it needs the package scipy"),
        ({"test_setup_code": "x ="}, "its test_setup_code is not Python"),
    ],
)
def test_problems_of_mbpp_that_are_left_out(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    plan = mbpp_plan(tmp_path, problems.mbpp_objects(), problems.mbpp(**changed))
    assert len(plan.tasks) == 1
    assert reason in left_out(plan)["line 2 (11)"]
