"""Alembic's entry: runs the migrations on the connection it is handed, or on the configured URL, or writes them out."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.ledger.database.tables import METADATA


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


def _write() -> None:
    context.configure(dialect_name="postgresql", literal_binds=True, transactional_ddl=False)
    context.run_migrations()


async def _connect() -> None:
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


handed = context.config.attributes.get("connection")
if context.is_offline_mode():
    _write()
elif handed is not None:
    _migrate(handed)
else:
    asyncio.run(_connect())
