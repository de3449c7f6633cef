"""Whether the server really writes before it says so.

Without ``sync_interval: always`` a power cut can take back what JetStream acknowledged. An ordinary client is not told
this setting: it is in the server's ``JSZ`` report, which belongs to the system account. The configuration we write
(config.py) lends that one report to our account; elsewhere the monitoring endpoint ``/jsz`` has it. Every service
asks when it connects and whenever it comes back, and ends rather than trust a server that forgets.
"""

from __future__ import annotations

import asyncio
import urllib.request
from typing import Any

from msgspec import DecodeError, json

from assay.bus.errors import BusForbidden, BusMisconfigured, BusUnavailable, NoListener
from assay.bus.nats.connection import Connection
from assay.bus.subjects import SERVER_HEALTH, SERVER_REPORT

_TIMEOUT_SECONDS = 3.0
_REPORT_SECONDS = 10.0
"""No service starts without the report, so a busy server is given time for it."""
_TRIES = 5
_PAUSE_SECONDS = 0.5
"""A server that has just started takes connections a moment before it answers for itself."""


async def require_durable(connection: Connection) -> None:
    """Raises BusMisconfigured unless the server is known to sync always, BusUnavailable when it does not answer."""
    url = connection.settings.url
    config = None
    for _ in range(_TRIES):
        config = await _config(connection)
        if config is not None:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    if config is None:
        raise BusMisconfigured(
            f"the NATS server at {url} does not say whether it has `sync_interval: always`: neither its report "
            f"{SERVER_REPORT} nor the monitoring endpoint could be read. Import that report into our account as "
            "assay/bus/nats/server/config.py does, or set ASSAY_NATS_MONITOR_URL"
        )
    if not config.get("sync_always"):
        raise BusMisconfigured(
            f"the NATS server at {url} runs JetStream without `sync_interval: always`, so a power cut would lose work "
            "it had acknowledged. Put `jetstream { sync_interval: always }` into its configuration and restart it"
        )


async def storage_problem(connection: Connection) -> str:
    """What the server says is wrong with its streams; empty when nothing, or when it does not say. A stream that met a
    full disk stores nothing any more until the server is started again, and answers no publish."""
    try:
        answer: dict[str, Any] = json.decode((await connection.request(SERVER_HEALTH, b"", _TIMEOUT_SECONDS)).data)
    except (BusUnavailable, BusForbidden, DecodeError):
        return ""
    data: Any = answer.get("data") or answer.get("error") or {}
    if isinstance(data, dict) and data.get("status") == "ok":  # pyright: ignore[reportUnknownMemberType]
        return ""
    return str(data.get("error") or data.get("description") or data)  # pyright: ignore


async def _config(connection: Connection) -> dict[str, Any] | None:
    try:
        report = json.decode((await connection.request(SERVER_REPORT, b"", _REPORT_SECONDS)).data)["data"]
    except (NoListener, BusForbidden, DecodeError, KeyError):
        report = await _over_http(connection.settings.monitor_url)
    return report.get("config") if isinstance(report, dict) else None


async def _over_http(monitor_url: str) -> Any:
    if not monitor_url:
        return None
    try:
        return json.decode(await asyncio.to_thread(_get, f"{monitor_url.rstrip('/')}/jsz"))
    except (OSError, ValueError, DecodeError) as error:
        raise BusMisconfigured(f"the monitoring endpoint {monitor_url} cannot be read: {error}") from error


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:
        return response.read()
