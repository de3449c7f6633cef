"""A Postgres in virtual time; the services' logs are dropped, as they log every injected fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from tests.faults.simulation.seeds import open_virtual_postgres
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres


@pytest.fixture(autouse=True, scope="module")
def silence() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def virtual_postgres(postgres: str) -> Iterator[VirtualPostgres]:
    database = open_virtual_postgres(postgres)
    yield database
    database.close()
