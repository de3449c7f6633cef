"""Servers that may forget what they acknowledged are refused by everyone who would trust them (fault 13)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.ledger.database.database import open_database
from services.ledger.database.durability import require_durable
from services.ledger.errors import NotDurable
from tests.bus.nats_server import ServerProcess

PROCESSES = {
    "ledger": "services.ledger",
    "gateway": "services.gateway",
    "runner": "services.runner",
    "judge": "services.judge",
    "modelhost": "assay.embedded.model_host",
}


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("nats"))
    server.reconfigure(sync_always=False)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("user", PROCESSES)
def test_no_service_starts_on_a_bus_that_syncs_now_and_then(
    forgetful: ServerProcess, user: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "ASSAY_NATS_URL": forgetful.url,
        "ASSAY_NATS_USER": user,
        "ASSAY_NATS_PASSWORD": f"{user}-secret",
        "ASSAY_ARTIFACTS_URL": str(tmp_path),
        "ASSAY_DATA": str(tmp_path),
        "ASSAY_GATEWAY_PORT": "0",
    }
    command = (sys.executable, "-m", PROCESSES[user])
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 1, ended.stderr
    assert "without `sync_interval: always`" in ended.stderr
    assert "restart it" in ended.stderr


async def test_a_postgres_that_commits_for_good_is_trusted(database_url: str) -> None:
    async with open_database(database_url, connections=2) as database:
        await require_durable(database)


async def test_a_postgres_that_answers_before_it_writes_is_refused(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await connection.close()
    async with open_database(database_url, connections=2) as database:
        with pytest.raises(NotDurable, match=r"synchronous_commit = off, .* Set synchronous_commit = on"):
            await require_durable(database)


async def shown(url: str, setting: str, value: str) -> None:
    """Returns when new sessions have it: the server reads its settings again when it gets to it."""
    async with asyncio.timeout(60):
        while True:
            connection = await asyncpg.connect(url)
            found = await connection.fetchval("SELECT current_setting($1)", setting)
            await connection.close()
            if found == value:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_postgres_that_does_not_reach_the_disk_is_refused(database_url: str, setting: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
        await connection.execute("SELECT pg_reload_conf()")
        await shown(database_url, setting, "off")
        async with open_database(database_url, connections=2) as database:
            with pytest.raises(NotDurable, match=f"{setting} = off"):
                await require_durable(database)
    finally:
        await connection.execute(f"ALTER SYSTEM RESET {setting}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
        await shown(database_url, setting, "on")
