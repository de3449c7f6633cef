"""Runs a gateway for a test: real uvicorn on a free port, with an in-memory bus and a fake ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from assay.artifacts import Area, open_store
from assay.bus.memory import MemoryBus
from assay.bus.protocol import Bus
from assay.catalog.catalog import Catalog
from assay.contracts.codec import encode
from assay.contracts.live import Subscribe
from assay.contracts.rpc import ListProviders
from services.gateway.app import create_app
from services.gateway.catalog_client import CatalogClient
from services.gateway.garbage_collection import GarbageCollector
from services.gateway.http.server import GatewayServer, bind, create_server
from services.gateway.live.hub import Hub
from services.gateway.live.settings import LiveSettings
from services.gateway.ports import Ports
from services.gateway.settings import Settings
from tests.fakes.ledger.ledger import FakeLedger

TIMEOUT_SECONDS = 60.0
"""Generous, because other tests keep the machine busy."""
FAST = LiveSettings(
    tick_seconds=0.02,
    leaderboard_seconds=0.05,
    refresh_seconds=0.2,
    idle_seconds=0.2,
    reorder_seconds=0.005,
    retry_seconds=0.05,
    stall_seconds=60.0,
    tail_seconds=0.01,
)

CATALOG = {
    "tasks/riddle/task.yaml": """\
id: riddle
title: A riddle
category: riddles
difficulty: easy
solver: answer
instructions: Answer it.
checks: [{kind: exact}]
noop_answer: ""
""",
    "tasks/riddle/samples.jsonl": """\
{"sample_id": "one", "input": "What is one and one?", "expected": "secret two"}
{"sample_id": "two", "input": "What is two and two?", "expected": "secret four"}
""",
    "suites/small.yaml": "id: small\ntitle: Small\ntasks: [riddle]\nrepeats: 2\n",
    "models.yaml": """\
providers:
  local: {kind: embedded, title: Here, models: [{name: tiny}]}
  paid: {kind: openai, title: There, base_url: "https://models.example.org/v1", models: [{name: big}, {name: dear}]}
""",
    "prices.yaml": """\
versions:
  - from: 2025-01-01
    models:
      paid/big: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}
""",
}


def write_catalog(folder: Path) -> Path:
    for name, text in CATALOG.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@dataclass(kw_only=True)
class Gateway:
    url: str
    port: int
    bus: Any
    ledger: FakeLedger
    ports: Ports
    http: httpx2.AsyncClient
    hub: Hub
    server: GatewayServer
    serving: asyncio.Task[None] = field(repr=False)

    @asynccontextmanager
    async def live(self, query: str = "", **options: Any) -> AsyncGenerator[LiveClient]:
        url = f"ws://127.0.0.1:{self.port}/api/v1/live{query}"
        options.setdefault("open_timeout", TIMEOUT_SECONDS)
        async with connect(url, max_size=None, compression=None, proxy=None, **options) as socket:
            yield LiveClient(socket)

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.serving


class LiveClient:
    """A client of the live socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def subscribe(self, topic: str, cursor: int | None = None) -> None:
        await self.socket.send(encode(Subscribe(topic=topic, cursor=cursor)).decode())

    async def send(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def next(self, *kinds: str, seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
        """The next frame, or with ``kinds`` the next frame of one of these types."""
        async with asyncio.timeout(seconds):
            while True:
                frame = msgspec.json.decode(await self.socket.recv())
                if not kinds or frame["type"] in kinds:
                    return frame

    async def is_silent(self, seconds: float = 0.15) -> bool:
        """Whether no frame arrives for that long."""
        try:
            async with asyncio.timeout(seconds):
                await self.socket.recv()
        except TimeoutError:
            return True
        return False

    async def facts_until(self, sequence: int, seconds: float = TIMEOUT_SECONDS) -> list[int]:
        """The sequences of the facts received, up to that one."""
        seen: list[int] = []
        async with asyncio.timeout(seconds):
            while not seen or seen[-1] < sequence:
                seen.append((await self.next("fact"))["cursor"])
        return seen


@asynccontextmanager
async def open_gateway(
    folder: Path, *, bus: Bus | None = None, live_settings: LiveSettings = FAST, port: int = 0, **settings: Any
) -> AsyncGenerator[Gateway]:
    """``settings`` override the gateway's; ``bus`` is in memory by default."""
    bus = bus or MemoryBus()
    ledger = FakeLedger(bus)
    await ledger.serve()
    catalog = Catalog.open(write_catalog(folder / "catalog"), recheck_seconds=0)
    stores = {area: open_store(folder / "store", area) for area in Area}
    ports = Ports(
        bus=bus,
        catalog=CatalogClient(catalog, partial(bus.rpc.request, ListProviders())),
        stores=stores,
        settings=Settings.model_validate({"web": folder / "web", **settings}),
        garbage_collector=GarbageCollector(bus, stores, None, 72.0),
    )
    listener = bind("127.0.0.1", port)
    hub = Hub(bus, live_settings)
    server = create_server(create_app(ports, hub))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=TIMEOUT_SECONDS) as http:
        gateway = Gateway(
            url=url, port=port, bus=bus, ledger=ledger, ports=ports, http=http, hub=hub, server=server, serving=serving
        )
        try:
            yield gateway
        finally:
            await gateway.stop()
