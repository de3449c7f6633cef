"""Rule 5: every task of the catalogue grades its own reference, no-op and cheats correctly, in real sandboxes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assay.catalog import load_task, make_bundles
from assay.sandbox import open_sandbox_provider
from services.judge.grading.validation import validate
from tests.judge.fakes import PatientTestExecutor
from tests.judge.harness import RealTools

ROOT = Path(__file__).parents[2]
TASKS = sorted(path.parent for path in ROOT.glob("catalog/tasks/*/task.yaml"))
DOCKER_TASKS = [folder for folder in TASKS if load_task(folder).manifest.sandbox.needs_containers]


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", [folder for folder in TASKS if folder not in DOCKER_TASKS], ids=lambda folder: folder.name
)
async def test_task(folder: Path, tools: RealTools) -> None:
    await check_grading(folder, tools)


@pytest.mark.docker
@pytest.mark.parametrize("folder", DOCKER_TASKS, ids=lambda folder: folder.name)
async def test_task_that_needs_containers(folder: Path, tools: RealTools) -> None:
    await check_grading(folder, tools.with_provider(open_sandbox_provider("docker")))


async def check_grading(folder: Path, tools: RealTools) -> None:
    patient = replace(tools, test_executor=PatientTestExecutor(tools.test_executor))
    trials = await validate(make_bundles(load_task(folder)), patient)
    wrong = [(result.name, result.sample_id, result.verdict) for result in trials if not result.ok]
    assert not wrong
    assert not [(result.name, result.flags) for result in trials if result.name == "reference" and result.flags]
    assert {"reference", "noop"} <= {result.name for result in trials}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "services.judge.validate", *arguments]
    given = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=240, check=False, env=given)


def test_the_program_prints_one_json_object() -> None:
    done = run("catalog/tasks/ticket_routing", "--json")
    output = json.loads(done.stdout)
    assert (done.returncode, output["task"], output["ok"]) == (0, "ticket_routing", True)
    assert {result["verdict"]["outcome"] for result in output["trials"]} == {"passed", "failed"}


def test_the_program_says_why_a_task_cannot_be_graded(tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text("id: nothing")
    done = run(str(tmp_path), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]
    assert run().returncode == 2


def test_a_task_this_host_cannot_run_is_reported_as_not_checked() -> None:
    done = run("catalog/tasks/postgres_migration", "--json", DOCKER_HOST="unix:///nowhere.sock")
    output = json.loads(done.stdout)
    assert (done.returncode, output["task"], output["ok"], output["trials"]) == (4, "postgres_migration", True, [])
    assert "sandbox-postgres" in output["unchecked"] and "docker" in output["unchecked"]


def test_the_program_reports_wrong_grading(tmp_path: Path) -> None:
    folder = tmp_path / "capital"
    folder.mkdir()
    (folder / "task.yaml").write_text(
        "id: capital\ntitle: Capital\ncategory: facts\ndifficulty: trivial\nsolver: answer\n"
        "instructions: Name it.\nnoop_answer: Oslo\nchecks: [{kind: exact}]\n"
        "samples: [{sample_id: norway, expected: Oslo}]\n"
    )
    done = run(str(folder))
    assert done.returncode == 3
    assert b"WRONG noop norway: score 1, must be 0" in done.stdout
