"""Two seeds in real time, over a pool of connections: transactions run concurrently here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest

from tests.faults.simulation.checks.invariants import violations
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import Simulation
from tests.faults.simulation.world.process import process_task_factory
from tests.ledger.conftest import new_database

SEEDS = (6, 20)
LATE_SECONDS = 30
"""Recovery takes longer in real time on a busy machine."""


@pytest.fixture
async def processes() -> AsyncIterator[None]:
    """Tasks belong to the simulated process that starts them."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(cast("Any", process_task_factory))
    yield
    loop.set_task_factory(None)


@pytest.mark.slow
async def test_invariants_hold_in_real_time(postgres: str, processes: None) -> None:
    urls = [await new_database(postgres) for _ in SEEDS]
    broken = await asyncio.gather(*map(violations_in, SEEDS, urls))
    assert dict(zip(SEEDS, broken, strict=True)) == {seed: [] for seed in SEEDS}


async def violations_in(seed: int, url: str) -> list[str]:
    async with asyncpg.create_pool(url, min_size=2, max_size=8) as pool:
        simulation = Simulation(scenario_of(seed), pool)
        await simulation.run()
        broken = violations(simulation)
        for _ in range(LATE_SECONDS):
            if not broken:
                break
            await asyncio.sleep(1)
            await simulation.read_results()
            broken = violations(simulation)
        await simulation.end()
        return broken
