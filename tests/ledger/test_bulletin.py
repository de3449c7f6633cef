"""What everyone who asks is told of what holds up work."""

from __future__ import annotations

import asyncpg
import pytest

from assay.contracts.attempts import Stage
from assay.contracts.rpc import Heartbeat
from services.ledger.database.database import Connection
from services.ledger.errors import Unavailable
from services.ledger.health.health_store import PostgresBulletin
from tests.ledger.desk import Desk


async def trouble(desk: Desk) -> str:
    return (await PostgresBulletin(desk.database).standing()).trouble


@pytest.fixture(autouse=True)
async def led(desk: Desk) -> None:
    """Somebody leads, and found nothing wrong."""
    await desk.rows("INSERT INTO bus_epochs (streams) VALUES ('{}')")


async def test_work_that_nobody_takes_is_told(desk: Desk) -> None:
    await desk.submit(samples=3)
    assert (await trouble(desk)).startswith("3 attempts wait and no runner takes work")
    await desk.hire(slots=0)
    assert "no runner" in await trouble(desk), "it is alive and offers nothing"
    await desk.hire(slots=1)
    assert await trouble(desk) == ""
    await desk.rows("UPDATE workers SET seen_at = now() - interval '13 s'")
    assert "no runner" in await trouble(desk)


async def test_answers_that_nobody_judges_are_told(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    await desk.hand_in(*await desk.start(run))
    assert (await trouble(desk)).startswith("2 attempts wait and no judge takes work")
    await desk.attempts.heartbeat(Heartbeat(worker_id="judge", stage=Stage.JUDGE, slots=1))
    assert await trouble(desk) == ""


async def test_a_paused_run_waits_for_people_and_is_no_trouble(desk: Desk) -> None:
    run = await desk.submit(samples=3)
    await desk.control.pause(run.run_id)
    assert await trouble(desk) == ""


async def test_a_postgres_without_room_is_told(desk: Desk) -> None:
    async def write(_: Connection) -> None:
        raise asyncpg.DiskFullError("could not extend file: No space left on device")

    with pytest.raises(Unavailable):
        await desk.database.transact(write)
    assert await trouble(desk) == "Postgres stores nothing new: could not extend file: No space left on device"
