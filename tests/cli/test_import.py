"""`assay import`: reports, writes once, asks on a terminal, never a traceback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli.errors import FAILED, USAGE
from tests.catalog.importers import problems, tracks
from tests.catalog.importers.harness import lines, snapshot
from tests.cli.harness import CommandResult, environment, run_assay

QUESTIONS = "id,question,answer\na,1+1?,2\nb,2+2?,4\nc,What?,\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """An empty catalogue."""
    (tmp_path / "catalog" / "tasks").mkdir(parents=True)
    return tmp_path / "catalog"


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    source = tmp_path / "sums.csv"
    source.write_text(QUESTIONS)
    return source


def run(catalog: Path, *arguments: object, **more: str) -> CommandResult:
    result = run_assay(catalog.parent, "import", *map(str, arguments), ASSAY_CATALOG=str(catalog), **more)
    assert "Traceback" not in result.out + result.err
    return result


def test_a_question_set_is_reported_and_written(catalog: Path, questions: Path) -> None:
    dry = run(catalog, "csv", questions, "--dry-run")
    assert (dry.code, snapshot(catalog)) == (0, {})
    assert dry.out.splitlines() == [
        f"csv from {questions} into {catalog}: 1 new, 0 unchanged, 0 different from what exists",
        "  new: sums",
        "  note: input is column 'question' (--input)",
        "  note: expected is column 'answer' (--expected)",
        "  note: samples are identified by column 'id' (--id)",
        "  note: answers are graded by the check 'numeric' (--check)",
        "  left out, 1: has no expected answer (line 4)",
        "dry run, nothing was written; next: assay run --task sums --model NAME",
    ]
    done = run(catalog, "csv", questions)
    assert done.out.splitlines()[:-1] == dry.out.splitlines()[:-1]
    assert done.out.splitlines()[-1] == "wrote 1 task; next: assay run --task sums --model NAME"
    valid = run_assay(catalog.parent, "tasks", "validate", "sums", "--full", ASSAY_CATALOG=str(catalog))
    assert valid.code == 0, valid.out
    again = run(catalog, "csv", questions)
    assert "0 new, 1 unchanged" in again.out
    assert again.out.splitlines()[-1] == "nothing to write; next: assay run --task sums --model NAME"


def test_with_json_the_report_is_one_document(catalog: Path, questions: Path) -> None:
    found = run(catalog, "csv", questions, "--suite", "numbers", "--json").data
    assert (found["new"], found["written"], found["suite"]) == (["sums"], True, "numbers")
    assert found["left_out"] == [{"why": "has no expected answer", "count": 1, "examples": ["line 4"]}]
    assert found["next"] == "assay run --suite numbers --model NAME"
    again = run(catalog, "csv", questions, "--suite", "numbers", "--json", "--dry-run").data
    assert (again["unchanged"], again["written"]) == (["sums"], False)


def test_other_content_needs_replace(catalog: Path, questions: Path) -> None:
    run(catalog, "csv", questions)
    questions.write_text(QUESTIONS.replace("2+2?,4", "2+3?,5"))
    refused = run(catalog, "csv", questions)
    assert refused.code == FAILED
    assert "assay: nothing was written: other content already exists for sums; --replace replaces it" in refused.err
    as_json = run(catalog, "csv", questions, "--json")
    assert (as_json.data["different"], as_json.data["written"]) == (["sums"], False)
    assert json.loads(as_json.err)["exit_code"] == FAILED
    assert run(catalog, "csv", questions, "--replace").code == 0
    assert "2+3?" in (catalog / "tasks/sums/samples.jsonl").read_text()


def test_options_of_question_sets(catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "say.txt").write_text("Choose well.\n")
    rows = [{"q": f"Q{number}?", "a": "x", "b": "y", "right": number % 2} for number in range(40)]
    source = lines(tmp_path / "pairs.jsonl", rows)
    options = ("--template", r"{q}\n{choices}", "--expected", "right", "--options-column", "a,b", "--answers", "index0")
    more = ("--task", "pairs", "--instructions", "@say.txt", "--difficulty", "hard", "--limit", "4", "--seed", "5")
    done = run(catalog, "jsonl", source, *options, *more, "--check", "choice", "--title", "Pairs: a or b")
    assert done.code == 0, done.err
    shown = (catalog / "tasks/pairs/task.yaml").read_text()
    assert "Choose well." in shown and "difficulty: hard" in shown and "Pairs: a or b" in shown
    assert len((catalog / "tasks/pairs/samples.jsonl").read_text().splitlines()) == 4


def test_another_catalogue_is_created(catalog: Path, questions: Path, tmp_path: Path) -> None:
    assert run(catalog, "csv", questions, "--into", tmp_path / "mine" / "new").code == 0
    assert (tmp_path / "mine/new/tasks/sums/task.yaml").is_file()
    assert snapshot(catalog) == {}


def test_problems_and_exercises(catalog: Path, tmp_path: Path) -> None:
    humaneval = lines(tmp_path / "h.jsonl", [problems.humaneval(), problems.humaneval(test="x")])
    assert run(catalog, "humaneval", humaneval, "--suite", "humaneval").code == 0
    assert run(catalog, "mbpp", lines(tmp_path / "m.jsonl", [problems.mbpp()]), "--prefix", "m").code == 0
    source = tracks.track(tmp_path / "track", "python", {"practice/jar": tracks.python_jar()})
    assert run(catalog, "exercism", source).code == 0
    names = sorted(path.name for path in (catalog / "tasks").iterdir())
    assert names == ["exercism_python_jar", "humaneval_7", "m_11"]
    valid = run_assay(tmp_path, "tasks", "validate", ASSAY_CATALOG=str(catalog))
    assert valid.code == 0, valid.out


@pytest.mark.slow
def test_tasks_that_grade_their_own_files_wrongly_are_left_out(catalog: Path, tmp_path: Path) -> None:
    right, wrong = problems.mbpp(), problems.mbpp(task_id=2, test_list=["assert test_twice([1, 2]) == 7"])
    done = run(catalog, "mbpp", lines(tmp_path / "m.jsonl", [right, wrong]), "--grade", "--json")
    assert done.data["new"] == ["mbpp_11"]
    assert done.data["left_out"][0]["why"] == "its own solution does not pass its tests in Assay's judge"
    assert "graded 2 of 2" in done.err
    assert [path.name for path in (catalog / "tasks").iterdir()] == ["mbpp_11"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("csv", "nothing.csv"), FAILED, "assay: nothing.csv: cannot be read: No such file or directory"),
        (("csv", "."), FAILED, "is a folder; give a file in it"),
        (("csv", "sums.csv", "--input", "qestion"), FAILED, "did you mean 'question'? The columns are: id, question,"),
        (("csv", "sums.csv", "--suite", "My Suite"), FAILED, "--suite: "),
        (("csv", "sums.csv", "--task", "My Task"), FAILED, "nothing can be imported: is not a valid task: "),
        (("csv", "sums.csv", "--check", "exat"), USAGE, "'exact'"),
        (("csv", "sums.csv", "--instructions", "@no"), USAGE, "--instructions: no cannot be read"),
        (("csv", "sums.csv", "--into", "sums.csv"), USAGE, "--into: sums.csv is not a folder"),
        (("csv", "sums.csv", "--limit", "-1"), USAGE, "--limit"),
        (("humaneval", "sums.csv"), FAILED, "has no row that is a JSON object"),
        (("exercism", "sums.csv"), FAILED, "is no folder; give the folder of a track"),
        (("humanevil", "sums.csv"), USAGE, "humaneval"),
    ],
)
def test_mistakes(catalog: Path, questions: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    failed = run(catalog, *arguments)
    assert failed.code == code, failed.err
    assert message in failed.err
    assert snapshot(catalog) == {}
    as_json = json.loads(run(catalog, *arguments, "--json").err.splitlines()[-1])
    assert as_json["exit_code"] == code


def test_a_catalogue_that_does_not_exist_is_not_created_by_accident(tmp_path: Path, questions: Path) -> None:
    failed = run(tmp_path / "typo", "csv", questions)
    assert failed.code == USAGE
    assert "is not a catalogue: it has no folder tasks; set ASSAY_CATALOG" in failed.err
    assert not (tmp_path / "typo").exists()


def test_columns_are_asked_for_on_a_terminal(catalog: Path, tmp_path: Path) -> None:
    source = tmp_path / "q.csv"
    source.write_text("text,sentence,solution\na,b,1\n")
    primary, secondary = pty.openpty()
    os.write(primary, b"sentence\nsolution\n")
    command = [sys.executable, "-m", "assay.cli", "import", "csv", str(source)]
    done = subprocess.run(
        command,
        stdin=secondary,
        capture_output=True,
        text=True,
        env=environment(ASSAY_CATALOG=str(catalog)),
        check=False,
        timeout=60,
    )
    os.close(primary)
    os.close(secondary)
    assert done.returncode == 0, done.stderr
    assert "Column of the input (text, sentence, solution) [text]:" in done.stderr
    assert "Column of the expected (text, sentence, solution)" in done.stderr
    assert '"input": "b", "expected": 1' in (catalog / "tasks/q/samples.jsonl").read_text()
