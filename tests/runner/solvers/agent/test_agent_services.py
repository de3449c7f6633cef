"""An agent with a service: it tests its migration on its sandbox's Postgres, the judge on another."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from assay.contracts.tail import StepKind
from assay.contracts.verdicts import Outcome
from assay.sandbox import open_sandbox_provider
from services.runner.handlers import on_ticket
from tests.runner.harness import RunnerHarness, open_harness, read_transcript
from tests.runner.solvers.test_solvers_agree import grade_output

CATALOG = Path(__file__).parents[4] / "catalog"
TASK = "postgres_migration"
TRY = """
import psycopg
with psycopg.connect("host=postgres user=postgres", autocommit=True) as own:
    for path in ("schema.sql", "migrations/up.sql"):
        own.execute(open(path).read())
    print(own.execute("SELECT name, weight_grams FROM parcel JOIN recipient ON recipient.id = recipient_id").fetchall())
"""


@pytest.fixture
async def migration_runner(tmp_path: Path) -> AsyncIterator[RunnerHarness]:
    """A runner whose model writes the reference solution and tests it before submitting."""
    folder = tmp_path / "shipped"
    shutil.copytree(CATALOG / "tasks" / TASK, folder / "tasks" / TASK)
    for name in ("models.yaml", "prices.yaml"):
        shutil.copy(CATALOG / name, folder / name)
    turns = [
        {"tool": "text_editor", "arguments": {"command": "create", "path": f"migrations/{name}", "file_text": text}}
        for name, text in ((path.name, path.read_text()) for path in folder.glob(f"tasks/{TASK}/reference/*/*.sql"))
    ]
    turns += [{"tool": "python", "arguments": {"code": TRY}}, {"tool": "submit", "arguments": {}}]
    script = {"title": "Migrates", "price": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 1}, "turns": {TASK: turns}}
    (folder / "scripted").mkdir()
    (folder / "scripted" / "migrator.yaml").write_text(json.dumps(script))
    async with open_harness(tmp_path, "", folder) as runner:
        yield runner


@pytest.mark.docker
async def test_an_agent_can_test_its_migration_on_its_own_postgres(migration_runner: RunnerHarness) -> None:
    sandboxes = open_sandbox_provider("docker")
    ticket = await migration_runner.ticket(
        TASK, "scripted/migrator", limits=migration_runner.catalog.find_task(TASK).manifest.limits
    )
    report = await on_ticket(ticket, replace(migration_runner.ports, sandboxes=sandboxes))
    assert (report.outcome, report.reason) == (None, "")
    results = [step.text for step in await read_transcript(migration_runner, report) if step.kind is StepKind.RESULT]
    assert "('Ilse Brandt', 2500)" in results[2], results
    verdict = await grade_output(migration_runner, TASK, await migration_runner.read(report.output), sandboxes)
    assert (verdict.outcome, verdict.score) == (Outcome.PASSED, 1.0), verdict.reason
