"""The WebSocket route ``/api/v1/live``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from assay.contracts.problems import Problem
from services.gateway.auth.origin import refuse
from services.gateway.auth.token import Gate
from services.gateway.errors import Unauthorized
from services.gateway.http.websocket_protocol import ABORT
from services.gateway.live.client.connection import Connection
from services.gateway.live.hub import Hub
from services.gateway.ports import Wired

Live = NamedDependency[SkipValidation[Hub]]
_FULL = Problem(
    code="too_many_clients",
    title="This gateway serves as many live clients as it can",
    status=503,
    detail="Try again later, or start another gateway.",
    retry_after_seconds=10.0,
)


@websocket("/live")
async def live(socket: WebSocket[Any, Any, Any], ports: Wired, hub: Live) -> None:
    """docs/events.md tells the protocol. ``?batch=1`` allows arrays of frames in one message."""
    problem = _objection(socket, ports, hub)
    if problem is not None:
        await refuse(socket.scope, socket.send, problem)
        return
    await socket.accept()
    batch = socket.query_params.get("batch") == "1"
    connection = Connection(hub, hub.pace, _sender(socket), _abort_of(socket), batch=batch)
    hub.enter(connection)
    try:
        await connection.serve(_messages(socket))
    finally:
        hub.exit(connection)


def _objection(socket: WebSocket[Any, Any, Any], ports: Wired, hub: Hub) -> Problem | None:
    if not Gate(ports.settings.token.get_secret_value()).opens_for(socket):
        return Unauthorized().problem
    return _FULL if len(hub.connections) >= hub.pace.max_connections else None


def _sender(socket: WebSocket[Any, Any, Any]) -> Callable[[str], Any]:
    send = socket.send

    async def one(text: str) -> None:
        await send({"type": "websocket.send", "text": text, "bytes": None})

    return one


def _abort_of(socket: WebSocket[Any, Any, Any]) -> Callable[[], None]:
    """Servers without a way to abort end the connection when the route returns."""
    extensions = cast("dict[str, Any]", socket.scope.get("extensions") or {})
    return extensions.get(ABORT) or (lambda: None)


async def _messages(socket: WebSocket[Any, Any, Any]) -> AsyncIterator[str | None]:
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
        yield cast("str | None", event.get("text"))
