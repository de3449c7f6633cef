"""JetStream's management API: JSON requests on ``$JS.API``."""

from __future__ import annotations

from typing import Any

from msgspec import json

from assay.bus.errors import ApiRefused, BusUnavailable, Missing
from assay.bus.nats.connection import Connection

_TIMEOUT_SECONDS = 5.0
_NOT_NOW = 503
_NO_ROOM = "no space left on device"
INSUFFICIENT_STORAGE = 10047
STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014


async def call(connection: Connection, endpoint: str, request: object = None) -> dict[str, Any]:
    """The reply. Raises ApiRefused, Missing, or BusUnavailable when the server cannot say now."""
    payload = b"" if request is None else json.encode(request)
    answer = await connection.request(f"$JS.API.{endpoint}", payload, _TIMEOUT_SECONDS)
    reply: dict[str, Any] = json.decode(answer.data)
    error: dict[str, Any] | None = reply.get("error")
    if error is None:
        return reply
    text = f"{endpoint} on {connection.settings.url}: {error.get('description')} (error {error.get('err_code')})"
    if error.get("code") == _NOT_NOW or _is_full(error):
        raise BusUnavailable(text)
    if error.get("err_code") in (STREAM_NOT_FOUND, CONSUMER_NOT_FOUND):
        raise Missing(f"{text}; streams and queues are made by the ledger when it starts")
    raise ApiRefused(text, int(error.get("err_code", 0)))


def _is_full(error: dict[str, Any]) -> bool:
    """The disk, which may have room again."""
    return error.get("err_code") == INSUFFICIENT_STORAGE or _NO_ROOM in str(error.get("description"))
