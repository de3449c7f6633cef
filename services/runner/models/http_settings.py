"""How the clients of all families use HTTP."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2

from services.runner.models.provider_client import Connection

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""Connections idle for longer are not reused. Many servers close them after 5 s, and if a request arrives just then, it
is unknown whether the server processed it."""


def http_settings(connection: Connection) -> dict[str, Any]:
    """Arguments of an httpx client."""
    limits = httpx2.Limits(
        max_connections=None,
        max_keepalive_connections=connection.connections,
        keepalive_expiry=IDLE_SECONDS if connection.reuse else 0.0,
    )
    timeout = httpx2.Timeout(connection.read_timeout_seconds, connect=CONNECT_SECONDS)
    return {"timeout": timeout, "limits": limits, "trust_env": not _is_loopback(connection.base_url or "")}


def public_address(url: httpx2.URL) -> str:
    """The endpoint's host and path, without any user name or key in its URL."""
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}{url.path}"


def _is_loopback(base_url: str) -> bool:
    """Endpoints on this machine are never reached through a proxy."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
