"""Migrating the database to the schema this code expects.

A new database is made by one script, and one of the newest revision is left alone. Only an older one needs alembic and
SQLAlchemy, which would take a third of this process's start time and memory.
"""

from __future__ import annotations

import structlog

from services.ledger.database.connection import DRIVER
from services.ledger.database.migrations import LOCK, SCRIPT, newest

_log = structlog.get_logger()


async def migrate(database_url: str) -> None:
    """To the newest revision; of several ledgers that start at once one migrates and the others wait. The database of a
    newer version is left alone: during a rolling upgrade, processes of both versions use it."""
    connection = await DRIVER.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            if await connection.fetchval("SELECT to_regclass('alembic_version') IS NULL"):
                await connection.execute(SCRIPT.read_text())
            revision: str = await connection.fetchval("SELECT version_num FROM alembic_version") or ""
    finally:
        await connection.close()
    if revision > newest():
        _log.warning("schema.newer", database=revision, code=newest())
    elif revision < newest():
        from services.ledger.database.upgrade import upgrade  # imports alembic

        await upgrade(database_url)
