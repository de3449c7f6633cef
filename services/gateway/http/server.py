"""uvicorn, configured for the gateway."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from litestar.types import ASGIApp

from assay.service.errors import CannotListen
from services.gateway.http.websocket_protocol import LiveProtocol

MAX_FRAME_BYTES = 64 * 1024
PING_SECONDS = 8.0
DRAIN_SECONDS = 5
SEND_BUFFER_BYTES = 256 * 1024
"""Of each connection, in the kernel. By default it grows to megabytes of stale data for a client that does not read."""
_BACKLOG = 1024
_HINT = "Is another gateway running? Set ASSAY_GATEWAY_PORT to another port (0 picks a free one)."


class GatewayServer(uvicorn.Server):
    """Installs no signal handlers; ``should_exit`` stops it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def create_server(app: ASGIApp) -> GatewayServer:
    """Frames are not compressed: that costs more than it saves on one machine, and a proxy does it better."""
    return GatewayServer(
        uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType]
            http="httptools",
            ws=LiveProtocol,
            ws_max_size=MAX_FRAME_BYTES,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )


def bind(host: str, port: int) -> socket.socket:
    """Raises CannotListen. Called before anything else starts, so a taken port fails fast."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        return listener
    except OSError as error:
        raise CannotListen(host, port, error.strerror or str(error), _HINT) from error
