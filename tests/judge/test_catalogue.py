"""The program that grades tasks' own references, no-ops and cheats. CI grades the whole catalogue with it, by
``assay tasks validate --all --full``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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


REVIEWED = """
id: opinion
title: Opinion
category: facts
difficulty: trivial
solver: answer
instructions: Say what you think.
checks: [{kind: review, criteria: [{id: clear, text: It is clear.}]}]
samples: [{sample_id: a, reference: Yes.}]
"""


def test_a_task_that_people_grade_is_reported_as_not_graded(tmp_path: Path) -> None:
    (tmp_path / "opinion").mkdir()
    (tmp_path / "opinion" / "task.yaml").write_text(REVIEWED)
    done = run(str(tmp_path / "opinion"), "--json")
    output = json.loads(done.stdout)
    assert (done.returncode, output["ok"], output["host_lacks"]) == (4, True, False)
    assert "people grade what its other checks leave open" in output["unchecked"]


def test_several_tasks_are_reported_one_by_one(tmp_path: Path) -> None:
    done = run("catalog/tasks/ticket_routing", "catalog/tasks/add_two", str(tmp_path), "--json")
    outputs = {output["task"]: output for output in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert {task: output["ok"] for task, output in outputs.items()} == {
        "ticket_routing": True,
        "add_two": True,
        tmp_path.name: False,
    }
    assert (outputs["add_two"]["sandbox"], outputs["ticket_routing"]["sandbox"]) == ("bubblewrap", "")


@pytest.mark.docker
def test_the_kind_of_sandbox_can_be_chosen() -> None:
    done = run("catalog/tasks/add_two", "--json", "--sandbox", "docker")
    output = json.loads(done.stdout)
    assert (done.returncode, output["ok"], output["sandbox"]) == (0, True, "docker")


def test_a_kind_that_a_task_cannot_use_is_reported_as_not_checked() -> None:
    done = run("catalog/tasks/postgres_migration", "--json", "--sandbox", "bubblewrap")
    output = json.loads(done.stdout)
    assert (done.returncode, output["ok"], output["host_lacks"], output["trials"]) == (4, True, True, [])
