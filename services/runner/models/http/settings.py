"""How the clients of all families use HTTP."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2

from services.runner.errors import CallMisconfigured
from services.runner.models.http.pinned_transport import PinnedTransport
from services.runner.models.provider_client import Connection

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""Connections idle for longer are not reused. Many servers close them after 5 s, and if a request arrives just then, it
is unknown whether the server processed it."""


def http_settings(connection: Connection) -> dict[str, Any]:
    """Arguments of an httpx client. With an address policy it uses no proxy, which would resolve hosts by itself."""
    limits = httpx2.Limits(
        max_connections=None,
        max_keepalive_connections=connection.connections,
        keepalive_expiry=IDLE_SECONDS if connection.reuse else 0.0,
    )
    settings: dict[str, Any] = {
        "timeout": httpx2.Timeout(connection.read_timeout_seconds, connect=CONNECT_SECONDS),
        "limits": limits,
        "trust_env": connection.policy is None and not _is_loopback(connection.base_url or ""),
        "follow_redirects": False,
        "event_hooks": {"response": [refuse_redirect]},
    }
    if connection.policy is not None:
        inner = httpx2.AsyncHTTPTransport(limits=limits)
        settings["transport"] = PinnedTransport(inner, connection.policy, httpx2.ConnectError)
    return settings


async def refuse_redirect(response: Any) -> None:
    """A response hook of httpx and httpx2. Raises CallMisconfigured: the key and the prompt are for one host only."""
    if response.has_redirect_location:
        target = public_address(response.request.url.join(response.headers["location"]))
        raise CallMisconfigured(
            f"{public_address(response.request.url)} redirects to {target}, which is not followed; if that is right, "
            "change the provider's address to it"
        )


def public_address(url: Any) -> str:
    """The endpoint's host and path, without any user name or key in its URL (of httpx or httpx2)."""
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}{url.path}"


def _is_loopback(base_url: str) -> bool:
    """Endpoints on this machine are never reached through a proxy."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
