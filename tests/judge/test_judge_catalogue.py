"""Rule 5: every task of the catalogue grades its own reference, no-op and cheats as it must, in real sandboxes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.catalog import load_task, make_bundles
from assay.sandbox import open_sandbox_provider
from services.judge.bench import SandboxBench
from services.judge.validation import validate
from tests.judge.trials import RealTools

ROOT = Path(__file__).parents[2]
TASKS = sorted(path.parent for path in ROOT.glob("catalog/tasks/*/task.yaml"))
CONTAINED = [folder for folder in TASKS if load_task(folder).manifest.sandbox.needs_docker]


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", [folder for folder in TASKS if folder not in CONTAINED], ids=lambda folder: folder.name
)
async def test_task(folder: Path, tools: RealTools) -> None:
    await grades_rightly(folder, tools)


@pytest.mark.docker
@pytest.mark.parametrize("folder", CONTAINED, ids=lambda folder: folder.name)
async def test_task_that_needs_containers(folder: Path, tools: RealTools) -> None:
    bench = SandboxBench(open_sandbox_provider("docker"))
    await grades_rightly(folder, RealTools(searcher=tools.searcher, bench=bench))


async def grades_rightly(folder: Path, tools: RealTools) -> None:
    trials = await validate(make_bundles(load_task(folder)), tools)
    wrong = [(trial.name, trial.sample_id, trial.verdict) for trial in trials if not trial.ok]
    assert not wrong
    assert {"reference", "noop"} <= {trial.name for trial in trials}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "services.judge.validate", *arguments]
    given = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=240, check=False, env=given)


def test_the_program_prints_one_json_object() -> None:
    done = run("catalog/tasks/ticket_routing", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["task"], found["ok"]) == (0, "ticket_routing", True)
    assert {trial["verdict"]["outcome"] for trial in found["trials"]} == {"passed", "failed"}


def test_the_program_says_why_a_task_cannot_be_graded(tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text("id: nothing")
    done = run(str(tmp_path), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]
    assert run().returncode == 2


def test_a_task_that_this_host_cannot_hold_is_named_as_not_checked() -> None:
    done = run("catalog/tasks/postgres_migration", "--json", DOCKER_HOST="unix:///nowhere.sock")
    found = json.loads(done.stdout)
    assert (done.returncode, found["task"], found["ok"], found["trials"]) == (4, "postgres_migration", True, [])
    assert "sandbox-postgres" in found["unchecked"] and "docker" in found["unchecked"]


def test_the_program_names_what_grades_wrongly(tmp_path: Path) -> None:
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
