"""A Postgres in virtual time; and services log a lot of what is done to them here, of which none is looked at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from tests.faults.simulation.postgres import VirtualPostgres
from tests.faults.simulation.seeds import virtual_postgres


@pytest.fixture(autouse=True, scope="session")
def silence() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def virtual(postgres: str) -> Iterator[VirtualPostgres]:
    database = virtual_postgres(postgres)
    yield database
    database.close()
