"""A ledger on the bus, the fake one and the real one in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assay.bus.memory import MemoryBus
from assay.bus.queues import all_queues
from services.ledger.__main__ import work
from services.ledger.database.database import open_database
from services.ledger.settings import LedgerSettings
from tests.fakes.ledger.ledger import FakeLedger
from tests.ledger.conftest import new_database


@pytest.fixture
async def bus() -> AsyncGenerator[MemoryBus]:
    bus = MemoryBus()
    await bus.provision(all_queues())
    yield bus
    await bus.close()


@pytest.fixture(params=["fake", "real"])
def server(request: pytest.FixtureRequest) -> str | None:
    """URL of the Postgres server for the real ledger."""
    return request.getfixturevalue("postgres") if request.param == "real" else None


@pytest.fixture
async def ledger(server: str | None, bus: MemoryBus) -> AsyncGenerator[FakeLedger | None]:
    """The fake ledger, for the steps that a test scripts; None for the real one, which takes them by itself."""
    if server is None:
        fake = FakeLedger(bus)
        await fake.serve()
        yield fake
        return
    url = await new_database(server)
    async with open_database(url, connections=4) as database:
        working = asyncio.create_task(work(bus, database, LedgerSettings(database_url=url)))
        yield None
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
