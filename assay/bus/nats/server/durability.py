"""Checks that the server syncs messages to disk before it acknowledges them.

Without ``sync_interval: always`` a power failure can lose messages that JetStream has acknowledged. Ordinary clients
cannot read this setting: it is part of the ``JSZ`` report of the system account. Our server configuration (config.py)
exports this report to the account of the services; other servers provide it at the monitoring endpoint ``/jsz``. Every
service checks the setting when it connects or reconnects, and ends if it is missing.
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
"""Generous, because no service starts without the report, even if the server is busy."""
_TRIES = 5
_PAUSE_SECONDS = 0.5
"""A server that has just started accepts connections shortly before it answers requests for reports."""


async def require_durable(connection: Connection) -> None:
    """Raises BusMisconfigured unless the server is known to sync always, BusUnavailable if it does not answer."""
    url = connection.settings.url
    config = None
    for _ in range(_TRIES):
        config = await _server_config(connection)
        if config is not None:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    if config is None:
        raise BusMisconfigured(
            f"the NATS server at {url} does not report whether it has `sync_interval: always`: neither its report "
            f"{SERVER_REPORT} nor the monitoring endpoint could be read. Import that report into our account as "
            "assay/bus/nats/server/config.py does, or set ASSAY_NATS_MONITOR_URL"
        )
    if not config.get("sync_always"):
        raise BusMisconfigured(
            f"the NATS server at {url} runs JetStream without `sync_interval: always`, so a power failure would lose "
            "acknowledged work. Set `jetstream { sync_interval: always }` in its configuration and restart it"
        )


async def storage_problem(connection: Connection) -> str:
    """The server's own report of a problem with its streams; empty if there is none or if it does not answer. After a
    full disk, a stream stores nothing and answers no publish until the server is restarted."""
    try:
        answer: dict[str, Any] = json.decode((await connection.request(SERVER_HEALTH, b"", _TIMEOUT_SECONDS)).data)
    except (BusUnavailable, BusForbidden, DecodeError):
        return ""
    data: Any = answer.get("data") or answer.get("error") or {}
    if isinstance(data, dict) and data.get("status") == "ok":  # pyright: ignore[reportUnknownMemberType]
        return ""
    return str(data.get("error") or data.get("description") or data)  # pyright: ignore


async def _server_config(connection: Connection) -> dict[str, Any] | None:
    try:
        report = json.decode((await connection.request(SERVER_REPORT, b"", _REPORT_SECONDS)).data)["data"]
    except (NoListener, BusForbidden, DecodeError, KeyError):
        report = await _fetch_report(connection.settings.monitor_url)
    return report.get("config") if isinstance(report, dict) else None


async def _fetch_report(monitor_url: str) -> Any:
    if not monitor_url:
        return None
    try:
        return json.decode(await asyncio.to_thread(_get, f"{monitor_url.rstrip('/')}/jsz"))
    except (OSError, ValueError, DecodeError) as error:
        raise BusMisconfigured(f"the monitoring endpoint {monitor_url} cannot be read: {error}") from error


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:
        return response.read()
