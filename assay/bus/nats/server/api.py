"""JetStream's management API: JSON requests on ``$JS.API``."""

from __future__ import annotations

from typing import Any

from msgspec import json

from assay.bus.errors import ApiRefused, BusUnavailable, Missing
from assay.bus.nats.connection import Connection

_TIMEOUT_SECONDS = 5.0
_SERVICE_UNAVAILABLE = 503
_DISK_FULL = "no space left on device"
INSUFFICIENT_STORAGE = 10047
STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014


async def call(connection: Connection, endpoint: str, request: object = None) -> dict[str, Any]:
    """Raises ApiRefused, Missing, or BusUnavailable if the server cannot handle the request now."""
    payload = b"" if request is None else json.encode(request)
    answer = await connection.request(f"$JS.API.{endpoint}", payload, _TIMEOUT_SECONDS)
    reply: dict[str, Any] = json.decode(answer.data)
    error: dict[str, Any] | None = reply.get("error")
    if error is None:
        return reply
    text = f"{endpoint} on {connection.settings.url}: {error.get('description')} (error {error.get('err_code')})"
    if error.get("code") == _SERVICE_UNAVAILABLE or _is_disk_full(error):
        raise BusUnavailable(text)
    if error.get("err_code") in (STREAM_NOT_FOUND, CONSUMER_NOT_FOUND):
        raise Missing(f"{text}; the ledger creates streams and queues when it starts")
    raise ApiRefused(text, int(error.get("err_code", 0)))


def _is_disk_full(error: dict[str, Any]) -> bool:
    """A retryable error: space can become available again."""
    return error.get("err_code") == INSUFFICIENT_STORAGE or _DISK_FULL in str(error.get("description"))
