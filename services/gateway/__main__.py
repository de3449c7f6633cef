"""Starts the gateway: ``python -m services.gateway``. Ends by SIGTERM or SIGINT, or when the bus is gone for good."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

import structlog
import uvloop
from pydantic import ValidationError

from assay.artifacts import Area, ArtifactError, open_store
from assay.bus.errors import BusError
from assay.bus.jetstream import JetStreamBus, connect
from assay.bus.settings import BusSettings
from assay.catalog.catalog import Catalog
from assay.contracts.problems import ProblemError
from services.gateway.app import create_app
from services.gateway.errors import InvalidSettings
from services.gateway.live.hub import Hub
from services.gateway.names import CatalogNames
from services.gateway.ports import Ports
from services.gateway.server import bind, server_of
from services.gateway.settings import Settings


def main() -> int:
    """0 after a signal, 1 when the bus was lost for good, 2 when it cannot start as it is configured."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(Settings()))
    except (InvalidSettings, ValidationError, ProblemError, ArtifactError, BusError) as error:
        structlog.get_logger().error("gateway.cannot_start", error=str(error))
        return 2


async def serve(settings: Settings) -> int:
    settings.check()
    listener = bind(settings.gateway_host, settings.gateway_port)
    bus = await connect(
        BusSettings(
            url=settings.nats_url,
            user=settings.nats_user,
            password=settings.nats_password.get_secret_value(),
            name="gateway",
        )
    )
    try:
        server = server_of(create_app(ports_of(bus, settings), Hub(bus)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        lost = asyncio.create_task(bus.closed.wait())
        stopped = asyncio.create_task(_signal())
        host, port = listener.getsockname()[:2]
        structlog.get_logger().info("gateway.ready", url=f"http://{host}:{port}", token=bool(settings.token))
        await asyncio.wait({serving, lost, stopped}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        structlog.get_logger().info("gateway.stopped", bus_lost=lost.done())
        return 1 if lost.done() else 0
    finally:
        await bus.close()


def ports_of(bus: JetStreamBus, settings: Settings) -> Ports:
    return Ports(
        bus=bus,
        names=CatalogNames(Catalog.open(settings.catalog)),
        stores={area: open_store(settings.artifacts_url, area) for area in Area},
        settings=settings,
    )


async def _signal() -> None:
    """Returns at the first SIGTERM or SIGINT."""
    received = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, received.set)
    await received.wait()


if __name__ == "__main__":
    sys.exit(main())
