"""The migrations make the tables that the code describes, and can be taken back."""

from __future__ import annotations

import asyncio

import asyncpg
from alembic import command
from alembic.script import ScriptDirectory

from services.ledger.database.schema import SCRIPT, migrate, newest
from services.ledger.database.upgrade import alembic_config, script


async def test_migrations_make_the_tables_that_the_code_describes(database_url: str) -> None:
    await asyncio.to_thread(command.check, alembic_config(database_url))


def test_new_databases_are_made_as_the_migrations_make_them() -> None:
    written = SCRIPT.read_text()
    assert written == script(), "write it anew: python -m services.ledger.database.upgrade"
    assert newest() == ScriptDirectory.from_config(alembic_config("postgresql://")).get_current_head()


async def test_migrating_twice_and_at_once_changes_nothing(database_url: str) -> None:
    await asyncio.gather(migrate(database_url), migrate(database_url))


async def test_migrations_go_down_and_up_again(database_url: str) -> None:
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), "base")
    connection = await asyncpg.connect(database_url)
    left = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert [row["tablename"] for row in left] == ["alembic_version"]
    await migrate(database_url)
