"""The report: its numbers by hand, and its Markdown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.cli.report.markdown import to_markdown
from assay.cli.report.rollup import Report, make_report
from assay.contracts.attempts import AttemptView, State
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.tasks import Difficulty, Solver, TaskView
from assay.contracts.verdicts import Outcome

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def attempt(task: str, score: float | None, model: str = "oracle", **more: Any) -> AttemptView:
    passed = score is not None and score >= 1.0
    outcome = Outcome.INFRA_ERROR if score is None else Outcome.PASSED if passed else Outcome.FAILED
    fields: dict[str, Any] = {
        "category": "coding",
        "outcome": outcome,
        "cost_usd": "0.1",
        "duration_seconds": 2.0,
    }
    return AttemptView(
        attempt_id="r-1", run_id="r", ordinal=1, task_id=task, sample_id="main", model=model, repeat=1,
        state=State.DONE, score=score, changed_at=NOON, **(fields | more),
    )  # fmt: skip


def task(task_id: str, **more: Any) -> TaskView:
    fields: dict[str, Any] = {"category": "coding", "difficulty": Difficulty.EASY}
    return TaskView(task_id=task_id, digest="d", title=task_id, solver=Solver.FILES, **(fields | more))


def run(**more: Any) -> RunView:
    fields: dict[str, Any] = {"suite": "mixed", "name": ""}
    return RunView(
        run_id="run1", project="default", status=RunStatus.FINISHED, created_at=NOON, finished_at=NOON,
        models=("oracle", "nop"), task_ids=("a", "b"), repeats=2,
        progress=Progress(total=5, done=5, cost_usd="0.5"), sequence=9, **(fields | more),
    )  # fmt: skip


ATTEMPTS = [
    *(attempt("a", 1.0), attempt("a", 0.0), attempt("b", 0.5, category="data")),
    *(attempt("a", 0.0, "nop"), attempt("b", None, "nop", category="data")),
    attempt("c", 1.0, "nop", impossible=True),
]
TASKS = {
    "a": task("a", language="rust", difficulty=Difficulty.EXPERT, domain="software"),
    "b": task("b", category="data"),
}


@pytest.fixture
def report() -> Report:
    return make_report("Report: Mixed", [run()], ATTEMPTS, TASKS, {"b": 3.0})


def test_a_score_is_the_weighted_mean_over_tasks(report: Report) -> None:
    oracle, nop = report.models["oracle"], report.models["nop"]
    assert oracle.score == pytest.approx((1 * 0.5 + 3 * 0.5) / 4)
    assert (oracle.passed, oracle.n, oracle.tasks, oracle.errors) == (1, 3, 2, 0)
    assert (oracle.cost_usd, oracle.seconds) == ("0.3", 2.0)
    assert (nop.score, nop.n, nop.tasks, nop.errors) == (0.0, 1, 1, 1)


def test_impossible_tasks_count_nowhere(report: Report) -> None:
    assert [group.name for group in report.tasks] == ["a", "b"]


def test_every_label_has_its_groups_in_a_sensible_order(report: Report) -> None:
    names = {label: [group.name for group in groups] for label, groups in report.labels.items()}
    assert names == {
        "difficulty": ["easy", "expert"],
        "domain": ["software", "none"],
        "language": ["rust", "none"],
        "category": ["coding", "data"],
    }
    easy, expert = report.labels["difficulty"]
    assert (easy.task_ids, expert.task_ids) == (("b",), ("a",))
    assert expert.scores["oracle"].score == 0.5
    assert easy.scores["nop"].score is None


def test_a_task_that_left_the_catalogue_keeps_its_category() -> None:
    found = make_report("R", [run()], ATTEMPTS, {}, {})
    assert [group.name for group in found.labels["difficulty"]] == ["none"]
    assert [group.name for group in found.labels["category"]] == ["coding", "data"]


def test_the_best_model_comes_first_and_one_without_a_score_last() -> None:
    attempts = [attempt("a", 0.2, "low"), attempt("a", 0.9, "high"), attempt("a", None, "none")]
    assert list(make_report("R", [run()], attempts, TASKS, {}).models) == ["high", "low", "none"]


def test_markdown(report: Report) -> None:
    text = to_markdown(report)
    assert text.startswith("# Report: Mixed\n\n- run `run1` (finished): 5 of 5 attempts done, 2 repeats, $0.5, started")
    assert "| `oracle` | 50.0 % | 1 of 3 | 2 | 0 | $0.3 | 2.0 |" in text
    assert "## By difficulty\n\n| difficulty | tasks | `oracle` | `nop` |\n| --- | ---: | ---: | ---: |" in text
    assert "| easy | 1 | 50.0 % (0/1) | - (0/0) |" in text
    assert "## By language" in text
    assert "| `a` | 50.0 % (1/2) | 0.0 % (0/1) |" in text
    assert text.endswith("|\n")


def test_a_label_that_no_task_has_is_left_out() -> None:
    text = to_markdown(make_report("R", [run()], [attempt("b", 1.0, category="data")], TASKS, {}))
    assert "## By difficulty" in text
    assert "## By domain" not in text


def test_names_cannot_break_the_tables() -> None:
    text = to_markdown(make_report("R | 1\n# 2", [run()], [attempt("a", 1.0, category="x|y")], TASKS, {}))
    assert text.startswith("# R \\| 1 # 2\n\n")
    assert "| x\\|y | 1 |" in text


def test_a_run_without_attempts_has_a_report() -> None:
    assert "## Models" in to_markdown(make_report("R", [run()], [], {}, {}))
