"""Checks of Host, against DNS rebinding, and of Origin, against requests from other sites' pages.

Litestar's own CORS, CSRF and allowed-hosts settings let cross-origin WebSockets pass, so this middleware wraps it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Scope, Send

from assay.contracts.problems import Problem
from services.gateway.errors import Forbidden
from services.gateway.http.problems import MEDIA_TYPE, problem_headers, problem_json

_PROBED_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Kubernetes and Prometheus request these by the address of a container, which no setting can name in advance. An
address as Host is safe: DNS rebinding needs a name."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, kw_only=True)
class RequestOrigin:
    """Where a request comes from, according to its headers; ``origin`` is empty without the header."""

    websocket: bool
    method: str
    path: str
    scheme: str
    host: str
    origin: str
    fetch_site: str
    from_browser: bool

    @classmethod
    def from_scope(cls, scope: Scope) -> RequestOrigin:
        headers = _headers(scope)
        websocket = scope["type"] == "websocket"
        return cls(
            websocket=websocket,
            method="GET" if websocket else str(scope.get("method", "GET")),
            path=str(scope.get("path", "")),
            scheme=_HTTP_SCHEMES.get(str(scope.get("scheme", "http")), str(scope.get("scheme", "http"))),
            host=headers.get("host", ""),
            origin=headers.get("origin", ""),
            fetch_site=headers.get("sec-fetch-site", ""),
            from_browser=any(name.startswith("sec-fetch-") for name in headers),
        )


@dataclass(frozen=True, kw_only=True)
class OriginPolicy:
    """``hosts`` without ports; ``origins`` allowed besides the gateway's own, such as ``https://bench.example.org``."""

    hosts: frozenset[str]
    origins: frozenset[str] = field(default_factory=frozenset[str])

    def check(self, request: RequestOrigin) -> None:
        """Raises Forbidden. Host is always checked, Origin only for unsafe methods and WebSockets."""
        name = host_name(request.host)
        if name not in self.hosts and not (request.path in _PROBED_PATHS and _is_address(name)):
            detail = (
                f"{request.host!r} is not a host name of this gateway. Use 127.0.0.1 or localhost, "
                "or add the name to ASSAY_ALLOWED_HOSTS."
            )
            raise Forbidden("host_not_allowed", "Host not allowed", detail)
        if request.websocket or request.method not in _SAFE_METHODS:
            self._check_origin(request)

    def _check_origin(self, request: RequestOrigin) -> None:
        if not request.origin:
            if request.from_browser and (request.websocket or request.fetch_site not in ("same-origin", "none")):
                raise _foreign_origin("a browser without an Origin header")
            return
        own = f"{request.scheme}://{request.host}".lower()
        if request.origin.lower() != own and request.origin.lower() not in self.origins:
            raise _foreign_origin(f"{request.origin!r}")


def host_name(host: str) -> str:
    """The host without port and brackets: ``[::1]:8000`` is ``::1``. Empty if it is not a valid host."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.username is not None or parts.path or parts.query or parts.fragment or parts.port == 0:
            return ""
        return (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class OriginMiddleware:
    """The outermost ASGI application: rejects a request before its route, body or upgrade is processed."""

    def __init__(self, app: ASGIApp, policy: OriginPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._policy.check(RequestOrigin.from_scope(scope))
        except Forbidden as error:
            await send_problem(scope, send, error.problem)
            return
        await self._app(_head_as_get(scope), receive, send)


async def send_problem(scope: Scope, send: Send, problem: Problem) -> None:
    """Answers a WebSocket handshake with an HTTP response too, so the socket never opens."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    body = problem_json(problem)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem_headers(problem)}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": problem.status, "headers": raw})  # pyright: ignore[reportArgumentType]
    await send({"type": f"{kind}.body", "body": body, "more_body": False})  # pyright: ignore[reportArgumentType]


def _head_as_get(scope: Scope) -> Scope:
    """Routes HEAD like GET; the server drops the body."""
    if scope["type"] == "http" and scope["method"] == "HEAD":
        return {**scope, "method": "GET"}  # pyright: ignore[reportReturnType]
    return scope


def _headers(scope: Scope) -> Mapping[str, str]:
    """Names in lower case. Repeated headers are joined, so they match no allowed value."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _foreign_origin(source: str) -> Forbidden:
    detail = (
        f"Requests from {source} are not allowed. Use this gateway's own pages, "
        "or add the origin to ASSAY_ALLOWED_ORIGINS."
    )
    return Forbidden("origin_not_allowed", "Origin not allowed", detail)
