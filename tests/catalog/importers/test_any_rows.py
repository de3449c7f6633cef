"""Whatever the rows are: a valid task, or a reason why not."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay.catalog.importers import csv_file, humaneval, jsonl_file, mbpp
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.exercism import track
from assay.catalog.importers.plan import ImportPlan, TaskOptions
from assay.catalog.importers.question_options import QuestionCheck, QuestionOptions
from assay.catalog.importers.report import report, report_lines
from assay.catalog.importers.staging import stage
from assay.contracts.codec import encode
from tests.catalog.importers import problems, tracks

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["A", "0", "1", "1,000", "-0", "1e400", "NaN", "\ud800", "x\u2028y", "|", "[1]"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**89), 2**63])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "question", "answer", "choices", "�"), VALUES)),
    min_size=1,
    max_size=8,
)
OPTIONS = st.fixed_dictionaries(
    {"input": st.sampled_from(["", "question", "question.0"]), "expected": st.sampled_from(["", "answer", "answer.x"])},
    optional={
        "id": st.just("id"),
        "check": st.sampled_from(list(QuestionCheck)),
        "options": st.just(("0", "1", "x")),
        "pattern": st.just(".*"),
        "limit": st.just(2),
    },
)


def stage_or_refuse(make: Any) -> None:
    try:
        plan: ImportPlan = make()
        with stage(plan, Path("nowhere"), writes=False) as staged:
            assert len(staged.tasks) == 1, staged.left_out
            encode(report(staged, "jsonl", "a\udce9"))
            list(report_lines(report(staged, "jsonl", "a"), replaces=False))
    except ImportFailed as error:
        assert len(str(error)) > 20


@given(ROWS, OPTIONS)
def test_json(rows: list[Any], options: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.jsonl")
        source.write_text("\n".join(map(json.dumps, rows)))
        stage_or_refuse(lambda: jsonl_file.read(source, QuestionOptions(**options)))


PROBLEM_VALUES = (
    VALUES | st.lists(st.text(max_size=20)) | st.sampled_from(["def f(", "import math", "assert f(1)", "f"])
)
CHANGES = st.dictionaries(
    st.sampled_from(["task_id", "prompt", "test", "entry_point", "canonical_solution", "code", "text", "test_list"])
    | st.sampled_from(["test_setup_code", "challenge_test_list", "test_imports"]),
    PROBLEM_VALUES,
    max_size=3,
)


@given(CHANGES, st.sampled_from([humaneval, mbpp]))
def test_problems(changes: dict[str, Any], module: Any) -> None:
    problem = problems.humaneval() if module is humaneval else problems.mbpp()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.jsonl")
        source.write_text(json.dumps({**problem, **changes}))
        stage_or_refuse(lambda: module.read(source, TaskOptions()))


@given(VALUES, VALUES)
def test_configurations_of_exercises(track_value: Any, files: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        jar = {**tracks.python_jar(), ".meta/config.json": json.dumps({"files": files})}
        exercises = {"practice/jar": tracks.python_jar(), "practice/odd": jar}
        source = tracks.track(Path(folder), "python", exercises)
        (source / "config.json").write_text(json.dumps({"slug": "python", "exercises": track_value}))
        assert len(track.read(source, TaskOptions()).tasks) == 1


@given(st.text(alphabet='question,answer\n"1;|\t\0é'), OPTIONS)
def test_csv(text: str, options: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.csv")
        source.write_text(f"question,answer\n{text}", newline="")
        stage_or_refuse(lambda: csv_file.read(source, QuestionOptions(**options)))
