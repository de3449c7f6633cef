"""The bus under test, in memory and on a real nats-server. Both must behave the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from assay.bus.errors import Missing
from assay.bus.memory import MemoryBus
from assay.bus.nats.bus import JetStreamBus, connect
from assay.bus.nats.connection import Connection
from assay.bus.nats.server.api import call
from assay.bus.protocol import Bus
from assay.bus.streams import STREAMS
from tests.bus.messages import QUEUES
from tests.bus.nats_server import ServerProcess

Join = Callable[[], Awaitable[Bus]]
ConnectAs = Callable[[str], Awaitable[JetStreamBus]]


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    """A server shared by the tests that only need an empty store."""
    server = ServerProcess(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    """A separate server for tests that stop, damage or reconfigure it."""
    server = ServerProcess(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def connect_as(server: ServerProcess) -> AsyncGenerator[ConnectAs]:
    """Connections to ``server`` by user."""
    async with AsyncExitStack() as stack:

        async def connect_user(user: str) -> JetStreamBus:
            bus = await connect(server.settings(user))
            stack.push_async_callback(bus.close)
            return bus

        yield connect_user


@pytest.fixture(params=["memory", "jetstream"])
async def join(request: pytest.FixtureRequest) -> AsyncGenerator[Join]:
    """Connects further clients to the same bus, which has QUEUES, all empty."""
    if request.param == "memory":
        memory = MemoryBus()
        await memory.provision(QUEUES)

        async def share() -> Bus:
            return memory

        yield share
        return
    server: ServerProcess = request.getfixturevalue("shared_server")
    await delete_all_streams(server)
    async with AsyncExitStack() as stack:

        async def connect_client() -> Bus:
            bus = await connect(server.settings())
            stack.push_async_callback(bus.close)
            return bus

        await (await connect_client()).provision(QUEUES)
        yield connect_client


@pytest.fixture
async def bus(join: Join) -> Bus:
    return await join()


async def delete_all_streams(server: ServerProcess) -> None:
    """Reset the shared server to an empty store."""
    connection = Connection(server.settings())
    await connection.open()
    for stream in STREAMS:
        try:
            await call(connection, f"STREAM.DELETE.{stream}")
        except Missing:
            continue
    await connection.close()
