"""The ledger's health: what holds up work."""

from __future__ import annotations

import asyncpg
import pytest

from assay.contracts.attempts import Stage
from assay.contracts.rpc import Heartbeat
from services.ledger.database.connection import Connection
from services.ledger.errors import Unavailable
from tests.ledger.harness import LedgerHarness


async def trouble(ledger: LedgerHarness) -> str:
    return (await ledger.health.status()).trouble


@pytest.fixture(autouse=True)
async def led(ledger: LedgerHarness) -> None:
    """A ledger leads and reports no trouble."""
    await ledger.rows("INSERT INTO bus_epochs (streams) VALUES ('{}')")


async def test_attempts_without_a_live_runner_are_reported_as_trouble(ledger: LedgerHarness) -> None:
    await ledger.submit(samples=3)
    assert await trouble(ledger) == "", "the runners may be starting"
    await ledger.set_past("runs", "created_at", 6)
    assert (await trouble(ledger)).startswith("3 attempts wait and no runner takes work")
    await ledger.add_runner(slots=0)
    assert "no runner" in await trouble(ledger), "it is alive and offers no slots"
    await ledger.add_runner(slots=1)
    assert await trouble(ledger) == ""
    await ledger.rows("UPDATE workers SET seen_at = now() - interval '13 s'")
    assert "no runner" in await trouble(ledger)


async def test_attempts_without_a_live_judge_are_reported_as_trouble(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    await ledger.report_executed(*await ledger.start_attempts(run))
    assert (await trouble(ledger)).startswith("2 attempts wait and no judge takes work")
    await ledger.attempts.heartbeat(Heartbeat(worker_id="judge", stage=Stage.JUDGE, slots=1))
    assert await trouble(ledger) == ""


async def test_a_paused_run_is_not_reported_as_trouble(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3)
    await ledger.control.pause(run.run_id)
    assert await trouble(ledger) == ""


async def test_a_full_disk_of_postgres_is_reported_as_trouble(ledger: LedgerHarness) -> None:
    async def write(_: Connection) -> None:
        raise asyncpg.DiskFullError("could not extend file: No space left on device")

    with pytest.raises(Unavailable):
        await ledger.database.transact(write)
    assert await trouble(ledger) == "Postgres cannot store anything new: could not extend file: No space left on device"
