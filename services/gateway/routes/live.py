"""The WebSocket route ``/api/v1/live``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from assay.contracts.problems import Problem
from services.gateway.auth.origin import send_problem
from services.gateway.auth.token import TokenAuth
from services.gateway.errors import Unauthorized
from services.gateway.http.websocket_protocol import ABORT
from services.gateway.live.client.connection import Connection
from services.gateway.live.hub import Hub
from services.gateway.ports import PortsDependency

HubDependency = NamedDependency[SkipValidation[Hub]]
_TOO_MANY_CLIENTS = Problem(
    code="too_many_clients",
    title="Too many live clients",
    status=503,
    detail="This gateway has reached its limit of live connections. Try again later, or start another gateway.",
    retry_after_seconds=10.0,
)


@websocket("/live")
async def live(socket: WebSocket[Any, Any, Any], ports: PortsDependency, hub: HubDependency) -> None:
    """docs/events.md describes the protocol. With ``?batch=1`` a message may be an array of frames."""
    problem = _refusal(socket, ports, hub)
    if problem is not None:
        await send_problem(socket.scope, socket.send, problem)
        return
    await socket.accept()
    batch = socket.query_params.get("batch") == "1"
    connection = Connection(hub.feeds, hub.settings, _sender(socket), _aborter(socket), batch=batch)
    hub.add_connection(connection)
    try:
        await connection.serve(_messages(socket))
    finally:
        hub.remove_connection(connection)


def _refusal(socket: WebSocket[Any, Any, Any], ports: PortsDependency, hub: Hub) -> Problem | None:
    if not TokenAuth(ports.settings.token).authorizes(socket):
        return Unauthorized().problem
    return _TOO_MANY_CLIENTS if len(hub.connections) >= hub.settings.max_connections else None


def _sender(socket: WebSocket[Any, Any, Any]) -> Callable[[str], Any]:
    send = socket.send

    async def one(text: str) -> None:
        await send({"type": "websocket.send", "text": text, "bytes": None})

    return one


def _aborter(socket: WebSocket[Any, Any, Any]) -> Callable[[], None]:
    """Without LiveProtocol the connection closes only when the route returns."""
    extensions = cast("dict[str, Any]", socket.scope.get("extensions") or {})
    return extensions.get(ABORT) or (lambda: None)


async def _messages(socket: WebSocket[Any, Any, Any]) -> AsyncIterator[str | None]:
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
        yield cast("str | None", event.get("text"))
