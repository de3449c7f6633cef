"""The shipped catalogue. CI grades every reference, no-op and cheat by ``assay tasks validate --all --full``."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from rapidfuzz import fuzz

from assay.catalog import Catalog, Task
from assay.catalog.plant.scenarios import SCENARIOS
from assay.catalog.tasks.folder import files_in
from assay.contracts.checks import Tests
from assay.contracts.runs import RunRequest

CATALOG = Path(__file__).parents[2] / "catalog"
OPENED = Catalog.open(CATALOG)
TASKS = OPENED.tasks()
SUITES = {suite.suite_id: suite for suite in OPENED.suites()}
IMPOSSIBLE = [task for task in TASKS if task.manifest.impossible]
"""No solution passes them; tests/judge/test_impossible.py grades them."""
TIERS = ("feature", "expert")
CODE = [task for task in TASKS if set(TIERS) & set(task.manifest.tags)]
DOMAINS = {"data", "industry", "language", "models", "office", "software", "support", "vision"}


def ids(task: Task) -> str:
    return task.task_id


def test_the_catalogue_has_no_mistakes() -> None:
    assert OPENED.mistakes() == []


def test_code_tasks_cover_six_languages_in_two_tiers() -> None:
    languages = Counter(task.manifest.language for task in CODE)
    assert languages == {"python": 10, "javascript": 8, "go": 7, "rust": 7, "cpp": 4, "html": 4}
    for language in languages:
        tiers = {tier for task in CODE if task.manifest.language == language for tier in task.manifest.tags}
        assert set(TIERS) <= tiers, language


@pytest.mark.parametrize("tier", TIERS)
def test_each_tier_is_a_suite(tier: str) -> None:
    assert set(SUITES[f"code-{tier}"].task_ids) == {task.task_id for task in CODE if tier in task.manifest.tags}


@pytest.mark.parametrize("task", CODE, ids=ids)
def test_a_code_task_has_starter_code_many_tests_and_instructions_of_a_page(task: Task) -> None:
    assert files_in(task.files, "workspace")
    (check,) = task.manifest.checks
    assert isinstance(check, Tests)
    assert len(check.expected) >= 8
    assert 10 <= task.manifest.instructions.count("\n") <= 60


def test_telemetry_has_three_stages() -> None:
    counts = {
        task.task_id: len(task.sample_ids) for task in TASKS if task.manifest.category in ("telemetry", "diagnosis")
    }
    assert counts == {
        "telemetry_basic": 10,
        "telemetry_step_functions": 15,
        "telemetry_patterns": 12,
        "telemetry_multivariate": 20,
        "telemetry_anomalies": 20,
        "plant_root_cause": 20,
    }
    remediation = {task.task_id for task in TASKS if task.manifest.category == "remediation"}
    assert remediation == {f"plant_{scenario}" for scenario in SCENARIOS}
    assert set(SUITES["telemetry"].task_ids) == {*counts, *remediation}


def test_personal_work_has_three_categories_of_at_least_four_tasks() -> None:
    categories = Counter(task.manifest.category for task in TASKS if task.task_id in SUITES["personal"].task_ids)
    assert set(categories) == {"ui_coding", "corporate_documents", "recruitment"}
    assert min(categories.values()) >= 4
    assert all(task.manifest.images for task in TASKS if task.manifest.category == "ui_coding")


def test_the_suites_of_the_documentation_exist() -> None:
    assert set(SUITES) == {
        *("agents", "code-expert", "code-feature", "coding", "demo", "glue-mini", "impossible", "personal"),
        *("smoke", "telemetry"),
    }
    assert len(SUITES["agents"].task_ids) >= 8
    assert len(SUITES["glue-mini"].task_ids) == 11


def test_every_task_is_in_a_suite_and_has_a_domain() -> None:
    in_suites = {task_id for suite in SUITES.values() for task_id in suite.task_ids}
    assert {task.task_id for task in TASKS} - in_suites == {"highest_bar"}
    assert {task.manifest.domain for task in TASKS} == DOMAINS
    categories = {(task.manifest.category, task.manifest.domain) for task in TASKS}
    assert len(categories) == len({category for category, _ in categories}), "one domain per category"


def test_impossible_tasks_are_in_a_category_and_a_suite_of_their_own() -> None:
    names = {task.task_id for task in IMPOSSIBLE}
    assert names == {"half_cents", "parcel_prices"}
    for category in {task.manifest.category for task in TASKS}:
        of_category = {task.task_id for task in TASKS if task.manifest.category == category}
        assert of_category == names if category == "impossible" else not of_category & names
    suites = {name: set(suite.task_ids) for name, suite in SUITES.items()}
    assert suites.pop("impossible") == names
    assert not names & set().union(*suites.values())


@pytest.mark.parametrize("task", TASKS, ids=ids)
def test_every_task_has_two_cheats(task: Task) -> None:
    assert len(task.cheats) >= 2


def test_no_two_tasks_share_a_solution() -> None:
    """Neither a file of a reference, nor a set of answers, nor code that is nearly the same."""
    solutions = {task.task_id: solution(task) for task in TASKS}
    copies = [(one, other) for one, other in combinations(solutions, 2) if solutions[one] == solutions[other]]
    assert copies == []
    code = {task.task_id: "\n".join(sorted(solution(task))) for task in TASKS if files_in(task.files, "tests")}
    similar = [
        (one, other, round(likeness))
        for one, other in combinations(code, 2)
        if (likeness := fuzz.ratio(code[one], code[other], score_cutoff=75))
    ]
    assert similar == []


def solution(task: Task) -> frozenset[str]:
    """The lines of the reference, without indentation and blank lines; or the questions with their answers."""
    files = files_in(task.files, "reference")
    if not files:
        return frozenset(f"{sample.input} {sample.images} {sample.expected}" for sample in task.manifest.samples)
    if task.manifest.plant:
        return frozenset(f"{number} {line}" for number, line in enumerate(operations(files["actions.jsonl"])))
    lines = (line.strip() for content in files.values() for line in content.decode("utf-8", "replace").splitlines())
    return frozenset(line for line in lines if line)


def operations(log: bytes) -> list[str]:
    """What changes the plant, without what is only read."""
    return [line for line in log.decode().splitlines() if "read_" not in line]


def test_the_demo_has_everything_the_embedded_model_can_try() -> None:
    selection = OPENED.resolve(RunRequest(models=("oracle",), suite="demo"))
    assert len(selection.tasks) == 10
    assert all(not each.task.manifest.images for each in selection.tasks)
