"""Bringing the database's schema to the version this code expects."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK = 0x415353_4D49


def alembic_config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", async_url(database_url).replace("%", "%%"))
    return config


def async_url(database_url: str) -> str:
    """The URL as SQLAlchemy wants it, naming its driver."""
    return "postgresql+asyncpg://" + database_url.partition("://")[2]


async def migrate(database_url: str) -> None:
    """Upgrade to the newest revision; of several ledgers starting at once one does it and the others wait."""
    engine = create_async_engine(async_url(database_url), poolclass=NullPool)

    def upgrade(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config = alembic_config(database_url)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()
