"""Each test of this folder is run on both stores: what holds of one must hold of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.ledger.database.database import open_database
from services.ledger.settings import LedgerSettings
from tests.ledger.conftest import new_database
from tests.ledger.desk import Desk
from tests.ledger.stores.memory import MemoryDesk


@pytest.fixture(params=["memory", "postgres"])
def server(request: pytest.FixtureRequest) -> str | None:
    """URL of a Postgres; None for the store in memory, which needs none."""
    return request.getfixturevalue("postgres") if request.param == "postgres" else None


@pytest.fixture
async def desk(server: str | None) -> AsyncIterator[Desk]:
    settings = LedgerSettings(lease_seconds=30.0, max_tries=2)
    if server is None:
        yield MemoryDesk(settings)
        return
    async with open_database(await new_database(server), connections=4) as database:
        yield Desk(database, settings)
