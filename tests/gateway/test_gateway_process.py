"""``python -m services.gateway`` on a real nats-server, also when the server is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from assay.bus.nats.bus import connect
from assay.bus.queues import all_queues
from assay.client import AssayClient, Unreachable
from assay.contracts.facts import Event
from assay.contracts.live import FactFrame, Snapshot
from assay.contracts.runs import RunRequest
from assay.embedded.process_identity import free_port
from tests.bus.nats_server import ServerProcess
from tests.fakes.ledger.ledger import FakeLedger
from tests.gateway.harness import write_catalog

pytestmark = pytest.mark.slow


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(tmp_path)
    server.start()
    yield server
    server.stop()


def environment(folder: Path, nats_url: str, port: int, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ASSAY_NATS_URL": nats_url,
        "ASSAY_NATS_USER": "gateway",
        "ASSAY_NATS_PASSWORD": "gateway-secret",
        "ASSAY_ARTIFACTS_URL": str(folder / "store"),
        "ASSAY_CATALOG": str(write_catalog(folder / "catalog")),
        "ASSAY_GATEWAY_PORT": str(port),
        **more,
    }


@asynccontextmanager
async def started(env: dict[str, str]) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.gateway"), env=env, stdout=PIPE, stderr=PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(assay: AssayClient) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                if (await assay.health()).ready:
                    return
            except Unreachable:
                pass
            await asyncio.sleep(0.05)


async def test_following_a_run_survives_a_killed_nats_server(tmp_path: Path, nats: ServerProcess) -> None:
    port = free_port()
    bus = await connect(nats.settings("ledger"))
    await bus.provision(all_queues())
    ledger = FakeLedger(bus)
    await ledger.serve()
    async with (
        started(environment(tmp_path, nats.url, port)) as process,
        AssayClient(f"http://127.0.0.1:{port}") as assay,
    ):
        await ready(assay)
        run = await assay.submit(RunRequest(models=("nop",), suite="small"))
        seen: list[int] = []
        subscribed = asyncio.Event()
        running = asyncio.create_task(run_with_nats_killed(ledger, run.run_id, nats, subscribed))
        async with aclosing(assay.follow(f"run:{run.run_id}")) as frames:
            async for frame in frames:
                if isinstance(frame, Snapshot):
                    assert frame.cursor == 1
                    subscribed.set()
                if isinstance(frame, FactFrame):
                    seen.append(frame.cursor)
                    if frame.cursor == 13:
                        break
        await running
        assert seen == list(range(2, 14))
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(90):
            assert await process.wait() == 0
    await bus.close()


async def run_with_nats_killed(ledger: FakeLedger, run_id: str, nats: ServerProcess, subscribed: asyncio.Event) -> None:
    """Kills the server halfway through the run; facts after that are never published."""
    await subscribed.wait()
    await ledger.start(run_id)
    for _ in range(3):
        await ledger.advance(run_id, 0)
    nats.stop(signal.SIGKILL)
    ledger.drops = drop_every_fact
    for _ in range(2):
        await ledger.advance(run_id, 0)
    nats.start()
    for _ in range(5):
        await ledger.advance(run_id, 1)
    await ledger.finish(run_id)


def drop_every_fact(_: Event) -> bool:
    return True


async def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with started(environment(tmp_path, "nats://127.0.0.1:1", port)) as process:
        _, log = await process.communicate()
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in log.decode()
    assert "ASSAY_GATEWAY_PORT" in log.decode()
    server.close()


async def test_it_does_not_start_on_all_interfaces_without_a_token(tmp_path: Path) -> None:
    env = environment(tmp_path, "nats://127.0.0.1:1", 0, ASSAY_GATEWAY_HOST="0.0.0.0")
    async with started(env) as process:
        _, log = await process.communicate()
    assert process.returncode == 2
    assert "ASSAY_TOKEN" in log.decode()
