"""The shipped catalogue: every task loads, its reference passes its tests, and its no-op passes none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest

from assay.catalog import Catalog, Task
from assay.catalog.tasks.folder import files_in
from assay.contracts.checks import Choice, Tests
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import Solver

CATALOG = Path(__file__).parents[2] / "catalog"
TASKS = Catalog.open(CATALOG).tasks()
IMPOSSIBLE = [task for task in TASKS if task.manifest.impossible]
"""No solution passes them; tests/judge/test_impossible.py grades them."""
CODE = [task for task in TASKS if task.manifest.solver.hands_in_files and task not in IMPOSSIBLE]

HERE = [task for task in CODE if not task.manifest.sandbox.needs_containers]
"""Tasks whose tests need only Python; tests/judge grades the others, in containers."""

RUN_EACH = """
import json, os, sys
import pytest

class Outcomes:
    def __init__(self):
        self.found = {}
    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.failed:
            self.found[report.nodeid] = report.outcome

results = {}
for folder in sys.argv[1:]:
    known = set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, folder)
    outcomes = Outcomes()
    pytest.main(["-qq", "-p", "no:cacheprovider", "--rootdir", folder, "--tb", "no", folder], plugins=[outcomes])
    results[os.path.basename(folder)] = outcomes.found
    sys.path.remove(folder)
    for name in set(sys.modules) - known:
        if name.partition(".")[0] in ("solution", "billing") or name.startswith("test_"):
            del sys.modules[name]
print("RESULTS" + json.dumps(results))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The outcome of each test by name, for each ``<task>-<reference|noop>``; all run in one process."""
    root = tmp_path_factory.mktemp("graded")
    folders: list[str] = []
    for task in HERE:
        for part in ("reference", "noop"):
            folder = root / f"{task.task_id}-{part}"
            for path, content in {**files_in(task.files, "tests"), **files_in(task.files, part)}.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            folders.append(str(folder))
    environment = {"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", RUN_EACH, *folders]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=True)
    found: dict[str, dict[str, str]] = json.loads(done.stdout.partition("RESULTS")[2])
    return found


def test_the_catalogue_has_no_mistakes() -> None:
    assert Catalog.open(CATALOG).mistakes() == []


def test_the_catalogue_contains_the_documented_tasks() -> None:
    assert [task.manifest.solver for task in CODE].count(Solver.FILES) == 8
    assert [task.task_id for task in CODE if task.manifest.solver is Solver.AGENT] == [
        "invoice_totals",
        "postgres_migration",
    ]
    assert [task.task_id for task in CODE if task.manifest.solver is Solver.COMMAND] == ["invoice_totals_command"]
    assert {task.task_id: len(task.sample_ids) for task in TASKS if task not in [*CODE, *IMPOSSIBLE]} == {
        "highest_bar": 3,
        "telemetry_basic": 10,
        "ticket_routing": 12,
    }
    assert {task.manifest.difficulty.value for task in CODE} == {"trivial", "easy", "medium", "hard"}


def test_impossible_tasks_are_in_a_category_and_a_suite_of_their_own() -> None:
    catalog = Catalog.open(CATALOG)
    names = {task.task_id for task in IMPOSSIBLE}
    assert names == {"half_cents", "parcel_prices"}
    for category in {task.manifest.category for task in TASKS}:
        of_category = {task.task_id for task in TASKS if task.manifest.category == category}
        assert of_category == names if category == "impossible" else not of_category & names
    suites = {suite.suite_id: set(suite.task_ids) for suite in catalog.suites()}
    assert suites.pop("impossible") == names
    assert not names & set().union(*suites.values())


@pytest.mark.parametrize("task", HERE, ids=[task.task_id for task in HERE])
def test_the_reference_passes_exactly_the_expected_tests(task: Task, outcomes: dict[str, dict[str, str]]) -> None:
    (check,) = task.manifest.checks
    assert isinstance(check, Tests)
    assert outcomes[f"{task.task_id}-reference"] == dict.fromkeys(check.expected, "passed")
    assert len(check.expected) >= 6


@pytest.mark.parametrize("task", HERE, ids=[task.task_id for task in HERE])
def test_the_noop_passes_no_test_at_all(task: Task, outcomes: dict[str, dict[str, str]]) -> None:
    assert set(outcomes[f"{task.task_id}-noop"].values()) == {"failed"}


@pytest.mark.parametrize("task", TASKS, ids=[task.task_id for task in TASKS])
def test_every_task_has_two_cheats(task: Task) -> None:
    assert len(task.cheats) >= 2


def test_the_two_repair_tasks_differ_only_in_the_solver() -> None:
    agent, program = (Catalog.open(CATALOG).find_task(f"invoice_totals{end}") for end in ("", "_command"))
    assert {path: data for path, data in program.files.items() if path != "workspace/tools/agent.py"} == agent.files
    assert program.manifest.instructions == agent.manifest.instructions
    assert program.manifest.checks == agent.manifest.checks


def test_telemetry_expects_the_values_of_its_series() -> None:
    for sample in Catalog.open(CATALOG).find_task("telemetry_basic").manifest.samples:
        numbers = [float(number) for number in sample.input.partition(":")[2].split(",")]
        assert 8 <= len(numbers) <= 16
        assert sample.expected["mean"] == pytest.approx(fmean(numbers), abs=1e-4)
        assert (sample.expected["min"], sample.expected["max"]) == (min(numbers), max(numbers))


def test_every_team_gets_the_same_number_of_tickets() -> None:
    manifest = Catalog.open(CATALOG).find_task("ticket_routing").manifest
    (check,) = manifest.checks
    assert isinstance(check, Choice)
    expected = [sample.expected for sample in manifest.samples]
    assert {option: expected.count(option) for option in check.options} == dict.fromkeys(check.options, 3)


def test_the_demo_suite_is_broad_and_small() -> None:
    catalog = Catalog.open(CATALOG)
    selection = catalog.resolve(RunRequest(models=("oracle", "nop", "local/smollm2-135m"), suite="demo"))
    possible = [task for task in TASKS if task not in IMPOSSIBLE]
    single = {task.task_id for task in possible if task.manifest.solver not in (Solver.AGENT, Solver.COMMAND)}
    assert {selected.task.task_id for selected in selection.tasks} == single - {"highest_bar"}, "it needs images"
    assert selection.attempts == 30 * 3
    tokens = sum(len(selected.sample_ids) * selected.limits.max_tokens for selected in selection.tasks)
    assert tokens <= 4_000
