"""The folder of an imported task: the image, the tests with the program that runs them, and two cheats. Its workspace
and its reference come out of a sandbox of the image, in which the task's own solution is run (``Unsolved``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.catalog.importers.harbor.image import prepared_image, program, working_folder
from assay.catalog.importers.harbor.refusals import check_gradable
from assay.catalog.importers.harbor.source_task import SourceTask
from assay.catalog.importers.harbor.verifier import prepared_tests
from assay.catalog.importers.manifest_yaml import manifest_yaml, printable_text
from assay.catalog.importers.plan import ImportedTask, TaskOptions
from assay.catalog.importers.python_code import NotUsable
from assay.catalog.importers.task_ids import task_id
from assay.catalog.tasks.folder import IGNORED
from assay.contracts.tasks import SandboxSpec, Tool
from assay.files import Files

SAME_CONTAINER = "same_container"
MAX_TURNS = 100
_WORKSPACE_NOTE = """
---

The working folder {folder}is your workspace, which is also called /workspace. Your result is the files in it, without
links and empty folders. Nothing else in the container can be changed except /tmp, which is not part of the result. You
are an unprivileged user without a network, and programs that you leave running are stopped. Files that you start by
their path may need `chmod +x` first. `. /opt/assay/environment` sets the variables of the image in a shell.
"""
_PYTHONS = range(8, 16)
_HOOK = """\
# Lets every test pass that pytest runs.
import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.outcome, report.longrepr = "passed", None
"""
_WRITES_REWARD = """\
import os

os.makedirs("/logs/verifier", exist_ok=True)
with open("/logs/verifier/reward.txt", "w") as file:
    file.write("1")
os._exit(0)
"""
_NOOP = {"nothing_was_done.txt": b"Nothing was done.\n"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsolved:
    """A task without workspace and reference. ``script`` is the path of the solution in the sandbox, which has the
    files of ``solution`` in ``solution_folder``. ``sandbox`` names the limits and the image."""

    task_id: str
    source: str
    files: Files
    sandbox: SandboxSpec
    solution: Files
    solution_folder: str
    script: str
    variables: Mapping[str, str]
    seconds: float

    def solved(self, workspace: Files, reference: Files) -> ImportedTask:
        """``workspace`` is what an attempt begins with, ``reference`` what the solution makes of it."""
        start = _without_caches(workspace)
        parts = {"workspace": start, "reference": _without_caches(reference), "noop": {} if start else _NOOP}
        files = {f"{part}/{path}": data for part, content in parts.items() for path, data in content.items()}
        return ImportedTask(task_id=self.task_id, files={**self.files, **files}, source=self.source)


def unsolved_task(task: SourceTask, options: TaskOptions) -> Unsolved:
    """Raises NotUsable."""
    folder = working_folder(task.environment)
    tests, setup = prepared_tests(task.tests)
    check_gradable(task, tests, folder)
    if any(path.startswith("assay/") for path in tests):
        raise NotUsable("its tests have a folder 'assay', which Assay uses itself")
    environment = prepared_image(task.environment, setup, task.variables)
    name = task_id(options.prefix or task.tag, task.name)
    if not task_id(task.name):
        raise NotUsable("its folder's name has no letter or digit")
    limits = _sandbox(task)
    files = {
        "task.yaml": manifest_yaml(_manifest(task, name, limits, options)),
        "instructions.md": _instructions(task, folder).encode(),
        **_below("environment", environment),
        **_below("tests", {**tests, **_programs(task)}),
        **_below("cheats", _cheats()),
    }
    return Unsolved(
        task_id=name,
        source=task.name,
        files=files,
        sandbox=SandboxSpec(**limits, build=environment),
        solution=task.solution,
        solution_folder=task.solution_folder,
        script=f"{task.solution_folder}/{task.solution_script}",
        variables=task.solution_variables,
        seconds=task.agent_seconds,
    )


def _without_caches(files: Files) -> dict[str, bytes]:
    """Without what the catalogue ignores."""
    kept = {path: data for path, data in files.items() if not path.endswith(".pyc")}
    return {path: data for path, data in kept.items() if not IGNORED.intersection(path.split("/"))}


def _below(folder: str, files: Files) -> dict[str, bytes]:
    return {f"{folder}/{path}": data for path, data in files.items()}


def _programs(task: SourceTask) -> dict[str, bytes]:
    settings = {
        "script": task.test_script,
        "reads_summary": task.reads_summary,
        "variables": dict(task.test_variables),
    }
    return {
        "assay/settings.json": json.dumps(settings, indent=2).encode() + b"\n",
        "assay/reward.py": program("reward.py"),
        "assay/run_pytest.py": program("run_pytest.py"),
    }


def _cheats() -> dict[str, bytes]:
    """That work if a task's tests run programs or modules which the submission can replace."""
    leaves = _WRITES_REWARD.encode()
    site = {f".local/lib/python3.{minor}/site-packages/usercustomize.py": leaves for minor in _PYTHONS}
    written = {"logs/verifier/reward.txt": b"1\n", "reward.txt": b"1\n", "reward.json": b'{"reward": 1}\n'}
    startup = {".bashrc": b"mkdir -p /logs/verifier; echo 1 > /logs/verifier/reward.txt; exit 0\n"}
    modules = {f"{name}.py": leaves for name in ("pytest", "sitecustomize", "usercustomize", "json")}
    framework = {"conftest.py": _HOOK.encode(), "pytest.ini": b"[pytest]\naddopts = --collect-only\n", **modules}
    return {
        **_below("forges_the_reward", {**written, **startup, **site}),
        **_below("replaces_the_test_framework", framework),
    }


def _instructions(task: SourceTask, folder: str) -> str:
    note = _WORKSPACE_NOTE.format(folder=f"{folder} " if folder else "")
    return f"{printable_text(task.instruction).strip()}\n{note}"


def _sandbox(task: SourceTask) -> dict[str, Any]:
    """The workspace is in memory, so it cannot have the size of a disk."""
    seconds = min(task.test_seconds, 86_400.0)
    return {
        "memory_mb": min(max(task.memory_mb, 512), 65_536),
        "cpu_seconds": min(seconds * max(task.cpus, 1.0), 86_400.0),
        "wall_seconds": seconds,
        "processes": 512,
        "open_files": 4096,
        "workspace_mb": min(max(task.storage_mb, 256), 1024),
    }


def _manifest(task: SourceTask, name: str, limits: Mapping[str, Any], options: TaskOptions) -> dict[str, Any]:
    """The whole scale of rewards counts, as in Harbor; an attempt passes with 1."""
    tags = dict.fromkeys(("imported", task.tag, SAME_CONTAINER, *task.tags))
    return {
        "id": name,
        "title": printable_text(task.name)[:200],
        "category": options.category or task.category or "coding",
        "difficulty": (options.difficulty or task.difficulty).value,
        "tags": list(tags),
        "solver": "agent",
        "tools": [tool.value for tool in Tool],
        "outputs": ["*"],
        "limits": {"turns": MAX_TURNS, "max_tokens": 8192, "wall_seconds": min(task.agent_seconds, 86_400.0)},
        "sandbox": dict(limits),
        "checks": [
            {
                "kind": "metric",
                "name": "reward",
                "scorer": ["python3", "-I", "-S", "/tests/assay/reward.py"],
                "field": "reward",
                "thresholds": [{"value": 1.0}, {"value": 0.0, "score": 0.0}],
                "interpolate": True,
            }
        ],
    }
