"""``python -m services.gateway``: HTTP and WebSocket over the bus."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import structlog

from assay.artifacts import Area, open_store
from assay.bus.errors import BusClosed
from assay.bus.nats.bus import connect
from assay.bus.protocol import Bus
from assay.catalog.catalog import Catalog
from assay.contracts.rpc import ListProviders
from assay.service.endpoint import Endpoint, open_endpoint
from assay.service.process import run_draining_service
from assay.service.registry import prepare_registry
from services.gateway.app import create_app
from services.gateway.catalog_client import CatalogClient
from services.gateway.garbage_collection import GarbageCollector
from services.gateway.http.server import bind, create_server
from services.gateway.live.hub import Hub
from services.gateway.ports import Ports
from services.gateway.settings import Settings

_log = structlog.get_logger(__name__)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until ``stop`` is set. Raises CannotListen, BusError, InvalidCatalog or StoreMisconfigured at the start."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    prepare_registry("gateway")
    async with open_endpoint("gateway", settings) as endpoint:
        await serve_with(endpoint, settings, stop)


async def serve_with(endpoint: Endpoint, settings: Settings, stop: asyncio.Event) -> None:
    listener = bind(settings.gateway_host, settings.gateway_port)
    bus = await connect(settings.bus("gateway"))
    collecting: asyncio.Task[None] | None = None
    stop_signals = [asyncio.create_task(stop.wait()), asyncio.create_task(bus.closed.wait())]
    try:
        ports = build_ports(bus, settings)
        if settings.retention_days is not None:
            collecting = asyncio.create_task(ports.garbage_collector.run_forever())
        server = create_server(create_app(ports, Hub(bus)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()[:2]
        endpoint.ready_when(lambda: trouble(bus, stop))
        _log.info("gateway.listening", host=host, port=port, token=settings.requires_token)
        await asyncio.wait({serving, *stop_signals}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        if not stop.is_set():
            raise BusClosed("the gateway lost its connection to the bus for good")
    finally:
        for task in (*stop_signals, *([collecting] if collecting else ())):
            task.cancel()
        await bus.close()


async def trouble(bus: Bus, stop: asyncio.Event) -> str:
    """Why no requests should be sent here; empty if they should. Without a ledger they should, because the gateway
    explains what is missing."""
    if stop.is_set():
        return "it is stopping"
    return "" if bus.connected else "not connected to the bus"


def build_ports(bus: Bus, settings: Settings) -> Ports:
    stores = {area: open_store(settings.artifacts_url, area) for area in Area}
    return Ports(
        bus=bus,
        catalog=CatalogClient(Catalog.open(settings.catalog), partial(bus.rpc.request, ListProviders())),
        stores=stores,
        settings=settings,
        garbage_collector=GarbageCollector(bus, stores, settings.retention_days, settings.retention_grace_hours),
    )


if __name__ == "__main__":
    run_draining_service("gateway", serve, Settings)
