"""The migrations create the tables that the code describes, and can be reverted."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
from alembic import command
from alembic.script import ScriptDirectory

from services.ledger.database.migrations import SCRIPT, newest
from services.ledger.database.schema import migrate
from services.ledger.database.upgrade import alembic_config, script


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
