"""Attempts by a scripted model whose agent leaves a cheat behind, executed by a real runner and graded by a real
judge."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from assay.contracts.verdicts import Outcome
from assay.sandbox import open_sandbox_provider
from services.judge.artifacts.hidden_bundles import parse_hidden_bundle
from services.judge.artifacts.outputs import OutputRefused, read_output
from services.judge.grading.grade import all_failed, grade
from tests.cheats.harness import FOLDER, bundles_of
from tests.judge.harness import RealTools
from tests.runner.harness import RunnerHarness, open_harness

SCRIPTS = sorted(path.stem for path in (FOLDER / "attempts").glob("*.sh"))
TASKS = ("agent", "command")
"""The tasks whose agents run a script: the built-in agent, and a program of the task's own."""


@asynccontextmanager
async def open_runner(folder: Path, sandbox: str) -> AsyncGenerator[RunnerHarness]:
    """With a catalogue of the two tasks and a scripted model for each script."""
    catalog = folder / "catalog"
    for task in TASKS:
        shutil.copytree(FOLDER / task, catalog / "tasks" / task)
    (catalog / "scripted").mkdir()
    for name in SCRIPTS:
        script = (FOLDER / "attempts" / f"{name}.sh").read_text()
        model = {"title": name, "turns": {"agent": _turns(script)}, "responses": {"command": script}}
        (catalog / "scripted" / f"{name}.yaml").write_bytes(msgspec.json.encode(model))
    async with open_harness(folder, "", catalog) as runner:
        runner.ports = replace(runner.ports, sandboxes=open_sandbox_provider(sandbox))
        yield runner


def _turns(script: str) -> Sequence[dict[str, Any]]:
    return [{"tool": "bash", "arguments": {"command": script}}, {"tool": "submit"}]


async def outcome_of(task: str, model: str, runner: RunnerHarness, tools: RealTools) -> tuple[Outcome, float]:
    """The attempt's outcome and score: the runner's if it refused what the agent left, otherwise the judge's."""
    limits = runner.catalog.find_task(task).manifest.limits
    report = await runner.run_attempt(task, model, limits=limits)
    assert report.fault is None, report.reason
    if report.outcome is not None:
        return report.outcome, 0.0
    hidden = parse_hidden_bundle(bundles_of(task).hidden)
    try:
        output = read_output(hidden.task, await runner.read(report.output))
    except OutputRefused as refused:
        verdict = all_failed(hidden.task, str(refused)).verdict
    else:
        verdict = (await grade(hidden, "main", output, tools)).verdict
    return verdict.outcome, verdict.score
