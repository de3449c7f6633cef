"""A database whose host is gone: unlike one that ends, it does not close its connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import Any

import docker
import pytest

from services.ledger.database.database import AWAY, KEEPALIVE_SECONDS, open_database

IMAGE = "assay/sandbox-postgres"
SERVE = """
cp -R /var/lib/cluster /tmp/data && chmod -R go-rwx /tmp/data
echo 'host all all all trust' >> /tmp/data/pg_hba.conf
exec postgres -D /tmp/data -c 'listen_addresses=*' -c unix_socket_directories=
"""


@pytest.fixture
def postgres() -> Generator[Any]:
    """A container that serves an empty database to this host."""
    client: Any = docker.from_env()
    container = client.containers.run(IMAGE, ["-c", SERVE], entrypoint="sh", detach=True)
    try:
        container.reload()
        yield container
    finally:
        container.remove(force=True)
        client.close()


async def wait_until_it_serves(url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with open_database(url, 2):
                    return
            except AWAY:
                await asyncio.sleep(0.2)


@pytest.mark.docker
async def test_a_host_that_is_gone_is_noticed_within_seconds(postgres: Any) -> None:
    (network,) = postgres.attrs["NetworkSettings"]["Networks"].items()
    url = f"postgresql://postgres@{network[1]['IPAddress']}/postgres"
    await wait_until_it_serves(url)
    async with open_database(url, 2) as database:
        assert await database.trouble() == ""
        postgres.client.networks.get(network[0]).disconnect(postgres, force=True)
        started = time.monotonic()
        assert "cannot reach its database" in await database.trouble()
        assert time.monotonic() - started < 4 * KEEPALIVE_SECONDS, "not only by the limit of a statement, a minute"
