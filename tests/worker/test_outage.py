"""The worker's loop during an outage of a real nats-server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from assay.bus.nats.bus import connect
from tests.bus.nats_server import ServerProcess
from tests.fakes.ledger.ledger import FakeLedger
from tests.worker.test_worker import FakeWork, running_worker

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    server = ServerProcess(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def ledger(server: ServerProcess) -> AsyncGenerator[FakeLedger]:
    bus = await connect(server.settings("ledger"))
    async with FakeLedger(bus, lease_seconds=5).serving() as ledger:
        yield ledger
    await bus.close()


async def test_reports_survive_an_outage(server: ServerProcess, ledger: FakeLedger) -> None:
    bus = await connect(server.settings("runner"))
    work = FakeWork()
    await ledger.work.order(*range(10))
    async with running_worker(bus, work.work):
        await work.wait_until_running(3)
        server.stop()
        work.finish.set()
        await work.wait_until_running(0)
        await asyncio.sleep(0.5)
        assert ledger.work.reports == []
        server.start()
        assert await ledger.work.wait_for_reports(10, seconds=60) == sorted(f"r-{n}" for n in range(10))
    await bus.close()
    assert sorted(set(work.started)) == sorted(f"r-{n}" for n in range(10))


async def test_two_workers_share_the_orders(server: ServerProcess, ledger: FakeLedger) -> None:
    one, two = await connect(server.settings("runner")), await connect(server.settings("runner"))
    workloads = FakeWork(0.1), FakeWork(0.1)
    await ledger.work.order(*range(60))
    async with running_worker(one, workloads[0].work), running_worker(two, workloads[1].work):
        await ledger.work.wait_for_reports(60)
    assert sorted(workloads[0].started + workloads[1].started) == sorted(f"r-{n}" for n in range(60))
    assert min(len(work.started) for work in workloads) > 10
    await one.close()
    await two.close()
