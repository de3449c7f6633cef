"""The migrations create the tables that the code describes, and can be reverted."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec
from alembic import command
from alembic.script import ScriptDirectory

from services.ledger.database.migrations import SCRIPT, newest
from services.ledger.database.schema import migrate
from services.ledger.database.upgrade import alembic_config, script
from tests.ledger.harness import LedgerHarness, plan


async def test_migrations_create_the_tables_that_the_code_describes(database_url: str) -> None:
    await asyncio.to_thread(command.check, alembic_config(database_url))


def test_the_script_for_new_databases_equals_the_migrations() -> None:
    written = SCRIPT.read_text()
    assert written == script(), "write it anew: python -m services.ledger.database.upgrade"
    assert newest() == ScriptDirectory.from_config(alembic_config("postgresql://")).get_current_head()


async def test_concurrent_migrations_change_nothing(database_url: str) -> None:
    await asyncio.gather(migrate(database_url), migrate(database_url))


async def test_migrations_can_be_reverted_and_applied_again(database_url: str) -> None:
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), "base")
    connection = await asyncpg.connect(database_url)
    left = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert [row["tablename"] for row in left] == ["alembic_version"]
    await migrate(database_url)


async def test_the_migration_command_waits_for_the_database(database_url: str) -> None:
    """The socket's folder is reached through a link that is made while the command waits."""
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    link = Path(f"{folder}-later")
    command = [sys.executable, "-m", "services.ledger.migrate"]
    environment = os.environ | {"ASSAY_DATABASE_URL": database_url.replace(folder, str(link))}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        while b"migration.waiting" not in (line := await process.stderr.readline()):
            assert line
        await asyncio.to_thread(link.symlink_to, folder)
        rest = await process.stderr.read()
        assert (await process.wait(), b"migration.done" in rest) == (0, True)
    finally:
        await asyncio.to_thread(link.unlink, missing_ok=True)


async def test_the_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        await migrate(database_url)
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "9999"
    finally:
        await connection.close()


async def test_attempts_of_unfinished_runs_are_classified_by_their_plans(
    ledger: LedgerHarness, database_url: str
) -> None:
    kinds = {
        "none": (),
        "any": ("bubblewrap", "docker", "process"),
        "container": ("docker", "kubernetes"),
        "docker": ("docker",),
    }
    one = plan(samples=1)
    tasks = [msgspec.structs.replace(one.tasks[0], task_id=name, sandboxes=kinds[name]) for name in kinds]
    await ledger.submit_plan(msgspec.structs.replace(one, tasks=tuple(tasks)))
    named = msgspec.structs.replace(one, tasks=(tasks[1],), sandbox="process")
    await ledger.submit_plan(named)
    before = await ledger.rows("SELECT attempt_id, task_id, requirement FROM attempts ORDER BY 1")
    assert [row["requirement"] for row in before] == [*kinds, "process"]
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), "0012")
    await migrate(database_url)
    assert await ledger.rows("SELECT attempt_id, task_id, requirement FROM attempts ORDER BY 1") == before
