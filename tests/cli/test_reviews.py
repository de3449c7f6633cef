"""Reviews and grading again, by the command and on a real stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.harness import Assay

pytestmark = pytest.mark.slow

ESSAY: dict[str, Any] = {
    "id": "essay", "title": "Essay", "category": "writing", "difficulty": "easy", "solver": "answer",
    "instructions": "Say something kind about ice.", "pass_score": 0.5,
    "checks": [
        {"kind": "rules", "rules": [{"rule": "min_words", "value": 3}]},
        {"kind": "review", "name": "style", "weight": 3, "criteria": [
            {"id": "kind", "text": "Is it kind?", "points": 4}, {"id": "true", "text": "Is it true?"},
        ]},
    ],
    "samples": [{"sample_id": "a", "reference": "Ice is very nice."}],
}  # fmt: skip
TEST = "from solution import double\n\n\ndef test_double():\n    assert double(4) == {wanted}\n"


def write_code_task(folder: Path, wanted: int) -> None:
    """A task whose hidden test expects ``wanted`` of ``double(4)``; its reference is right."""
    manifest = {
        "id": "double", "title": "Double", "category": "coding", "difficulty": "easy", "solver": "files",
        "outputs": ["solution.py"], "instructions": "Write double(number).",
        "checks": [{"kind": "tests", "expected": ["test_double.py::test_double"]}],
    }  # fmt: skip
    files = {
        "tests/test_double.py": TEST.format(wanted=wanted),
        "workspace/solution.py": "def double(number): ...\n",
        "reference/solution.py": "def double(number): return 2 * number\n",
        "cheats/one/solution.py": "raise SystemExit(0)\n",
        "cheats/two/solution.py": "def double(number): return True\n",
        "task.yaml": msgspec.yaml.encode(manifest).decode(),
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "tasks/essay").mkdir(parents=True)
    (folder / "tasks/essay/task.yaml").write_bytes(msgspec.yaml.encode(ESSAY))
    write_code_task(folder / "tasks/double", wanted=9)
    (folder / "models.yaml").write_text("providers: {}\n")
    return folder


@pytest.fixture(scope="module")
def stack_environment(catalog: Path) -> dict[str, str]:
    return {"ASSAY_CATALOG": str(catalog)}


def test_a_person_decides_a_check_and_the_leaderboard_follows(assay: Assay) -> None:
    run = assay("run", "--task", "essay", "--model", "oracle", "--json").data
    assert run["progress"]["outcomes"] == {"needs_review": 1}
    (item,) = assay("reviews", "list", "--json").data["items"]
    attempt = item["attempt"]["attempt_id"]
    assert [check["name"] for check in item["checks"]] == ["style"]
    assert attempt in assay("reviews", "list").out
    shown = assay("reviews", "show", attempt).out
    assert "Is it kind?" in shown and "0 to 4" in shown
    wrong = assay("reviews", "submit", attempt, "--points", "kind=5", "--points", "true=1")
    assert wrong.code == 2 and "kind (0 to 4)" in wrong.err
    unclear = assay("reviews", "submit", attempt, "--points", "kind")
    assert unclear.code == 2 and "is not like clear=3" in unclear.err
    decided = assay(
        *("reviews", "submit", attempt, "--points", "kind=2", "--points", "true=1"),
        *("--reviewer", "Ada", "--comment", "polite"),
    )
    assert decided.code == 0 and "passed, score 0.81" in decided.out, decided.err
    assert assay("reviews", "list").out == ""
    (row,) = assay("leaderboard", "--json").data["rows"]
    assert (row["n"], row["passed"], row["score"]) == (1, 1, 0.8125)
    history = assay("reviews", "show", attempt).out
    assert "verdict 0, judge by" in history and "verdict 1, review by Ada: passed 0.81: polite" in history
    again = assay("reviews", "submit", attempt, "--check", "style", "--points", "kind=0", "--points", "true=0")
    assert "failed, score 0.25" in again.out


def test_a_run_is_graded_again_by_a_task_that_was_mended(assay: Assay, catalog: Path) -> None:
    run = assay("run", "--task", "double", "--model", "oracle", "--model", "nop", "--json").data
    assert run["progress"]["outcomes"] == {"failed": 2}
    unchanged = assay("regrade", run["run_id"])
    assert unchanged.code == 0 and f"run {run['run_id']}: 0 verdicts changed, 2 did not" in unchanged.out
    write_code_task(catalog / "tasks/double", wanted=8)
    changes = assay("regrade", run["run_id"], "--check", "tests", "--current", "--json")
    assert changes.code == 0, changes.err
    (changed,) = changes.data["changed"]
    assert (changed["model"], changed["outcome_before"], changed["outcome"]) == ("oracle", "failed", "passed")
    assert changes.data["unchanged"] == 1
    after = assay("runs", "show", run["run_id"], "--json").data["run"]
    assert after["progress"]["outcomes"] == {"passed": 1, "failed": 1}
    rows = {row["model"]: row["score"] for row in assay("leaderboard", "--json").data["rows"]}
    assert rows["nop"] == 0.0 and rows["oracle"] > 0
    refused = assay("regrade", run["run_id"], "--check", "test")
    assert refused.code == 2 and "Its checks are tests." in refused.err
