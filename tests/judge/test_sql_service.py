"""SQL checks of a PostgreSQL service, after a submitted migration."""

from __future__ import annotations

import pytest

from assay.contracts.checks import Sql, SqlQuery, Tolerance
from assay.contracts.sandboxspec import Health, Place, SandboxSpec, Service
from assay.contracts.tasks import HiddenTask, Solver
from assay.sandbox import open_sandbox_provider
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.grading.grade import GradingResult, grade
from tests.judge.harness import RealTools

IMAGE = "assay/sandbox-postgres:latest"
URL = "postgresql://postgres@127.0.0.1/postgres"
SANDBOX = SandboxSpec(
    image=IMAGE,
    services=(
        Service(
            name="postgres",
            image=IMAGE,
            ports=(5432,),
            data=("/var/lib/postgresql",),
            data_mb=256,
            health=Health(command=("pg_isready", "--host=127.0.0.1", "--quiet")),
            places=(Place.CANDIDATE,),
        ),
    ),
)
SEED = """
CREATE TABLE parcels (id int, weight_kg numeric, sent boolean);
INSERT INTO parcels VALUES (1, 1.5, true), (2, NULL, false);
"""
MIGRATION = "ALTER TABLE parcels ADD grams int; UPDATE parcels SET grams = weight_kg * 1000;"
PSQL = ("psql", URL, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
CHECK = Sql(
    url=URL,
    inputs="tests/inputs",
    before=((*PSQL, "--file=seed.sql"), (*PSQL, "--file=up.sql")),
    tolerance=Tolerance(absolute=0.001),
    queries=(
        SqlQuery(query="SELECT id, grams, sent FROM parcels", rows=((2, None, False), (1, 1500, True))),
        SqlQuery(query="SELECT sum(weight_kg) FROM parcels", rows_file="tests/sum.csv"),
    ),
)


async def graded(migration: str, tools: RealTools) -> GradingResult:
    task = HiddenTask(
        task_id="t", digest="0" * 64, solver=Solver.FILES, outputs=("up.sql",), sandbox=SANDBOX, checks=(CHECK,)
    )
    files = {"tests/inputs/seed.sql": SEED.encode(), "tests/sum.csv": b"sum\n1.5\n"}
    docker = tools.with_provider(open_sandbox_provider("docker"))
    return await grade(HiddenBundle(task=task, files=files), "main", {"up.sql": migration.encode()}, docker)


@pytest.mark.docker
async def test_queries_after_a_submitted_migration(tools: RealTools) -> None:
    right = await graded(MIGRATION, tools)
    assert (right.verdict.score, right.verdict.reason) == (1.0, "")
    wrong = await graded(MIGRATION.replace("1000", "100"), tools)
    assert (wrong.verdict.score, wrong.verdict.reason) == (0.5, "sql: query 1 returns other rows (2, expected 2)")


@pytest.mark.docker
async def test_a_migration_that_fails_is_named_with_the_error(tools: RealTools) -> None:
    broken = await graded("ALTER TABLE nothing ADD x int;", tools)
    assert broken.verdict.score == 0.0
    assert 'relation "nothing" does not exist' in broken.verdict.reason


@pytest.mark.docker
async def test_a_program_left_behind_by_the_migration_answers_no_query(tools: RealTools) -> None:
    leaves = (
        "UPDATE parcels SET sent = sent;\n"
        "\\! mkdir -p bin; printf '#!/bin/sh\\necho 1,1500,t' > bin/psql; chmod +x bin/psql\n"
        "\\! (sleep 600; echo) >/dev/null 2>&1 &\n"
    )
    found = await graded(leaves, tools)
    assert found.verdict.score == 0.5
