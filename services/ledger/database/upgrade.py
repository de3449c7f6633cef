"""Alembic: upgrading older databases, and writing the script for new ones.

``python -m services.ledger.database.upgrade`` writes ``migrations/schema.sql``; run it after adding a migration.
"""

from __future__ import annotations

from io import StringIO

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.ledger.database.migrations import LOCK, MIGRATIONS, SCRIPT


def alembic_config(database_url: str, output: StringIO | None = None) -> Config:
    """``output`` receives what alembic prints."""
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", async_url(database_url).replace("%", "%%"))
    return config


def async_url(database_url: str) -> str:
    """The URL with the driver that SQLAlchemy is to use."""
    return "postgresql+asyncpg://" + database_url.partition("://")[2]


async def upgrade(database_url: str) -> None:
    """To the newest revision; of several ledgers that start at once one migrates and the others wait."""
    engine = create_async_engine(async_url(database_url), poolclass=NullPool)

    def run(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config = alembic_config(database_url)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def script() -> str:
    """All migrations as one script for an empty database."""
    output = StringIO()
    command.upgrade(alembic_config("postgresql://", output), "head", sql=True)
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().rstrip().splitlines())


if __name__ == "__main__":
    SCRIPT.write_text(script())
