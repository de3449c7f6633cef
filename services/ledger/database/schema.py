"""Bringing the database's schema to the version this code expects.

A new database is made by one script, and one of the newest revision is left as it is. Only what is older needs alembic,
and SQLAlchemy below it, which would be a third of this process's start and of its memory.
"""

from __future__ import annotations

from pathlib import Path

import asyncpg

LOCK = 0x415353_4D49
MIGRATIONS = Path(__file__).parent / "migrations"
SCRIPT = MIGRATIONS / "schema.sql"
"""All migrations written out; ``tests/ledger/test_schema.py`` keeps it equal to them."""


def newest() -> str:
    """The revision of the last migration, as its file's name begins."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


async def migrate(database_url: str) -> None:
    """To the newest revision; of several ledgers starting at once one does it and the others wait."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            if await connection.fetchval("SELECT to_regclass('alembic_version') IS NULL"):
                await connection.execute(SCRIPT.read_text())
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()
    if revision != newest():
        from services.ledger.database.upgrade import upgrade  # alembic, only loaded when it is needed

        await upgrade(database_url)
