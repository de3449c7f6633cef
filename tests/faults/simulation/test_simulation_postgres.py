"""A handful of seeds on a real Postgres, in real time and all at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest

from tests.faults.simulation.invariants import broken
from tests.faults.simulation.processes import owned
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import Simulation
from tests.ledger.conftest import new_database

SEEDS = (6, 20)
LATE_SECONDS = 30
"""What comes right in virtual time at once takes longer on a busy machine."""


@pytest.fixture
async def processes() -> AsyncIterator[None]:
    """Tasks of this loop belong to the process they are started in."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(cast("Any", owned))
    yield
    loop.set_task_factory(None)


@pytest.mark.slow
async def test_seeds_end_well_on_postgres_too(postgres: str, processes: None) -> None:
    urls = [await new_database(postgres) for _ in SEEDS]
    found = await asyncio.gather(*map(ended_with, SEEDS, urls))
    assert dict(zip(SEEDS, found, strict=True)) == {seed: [] for seed in SEEDS}


async def ended_with(seed: int, url: str) -> list[str]:
    async with asyncpg.create_pool(url, min_size=2, max_size=8) as pool:
        simulation = Simulation(scenario_of(seed), pool)
        await simulation.run()
        found = broken(simulation)
        for _ in range(LATE_SECONDS):
            if not found:
                break
            await asyncio.sleep(1)
            await simulation.look()
            found = broken(simulation)
        await simulation.end()
        return found
