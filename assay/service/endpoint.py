"""A service's HTTP endpoint for operators: ``/metrics`` for Prometheus, ``/healthz`` and ``/readyz`` for probes.

It runs on the service's event loop, so ``/healthz`` answers exactly as long as the loop turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import structlog
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from assay.contracts.codec import encode
from assay.contracts.rpc import ServiceHealth
from assay.service.errors import CannotListen
from assay.service.registry import prepare_registry
from assay.service.settings import EndpointEnvironment

Check = Callable[[], Awaitable[str]]
"""Returns why the service is not ready; empty if it is."""

_MAX_HEAD_BYTES = 16 * 1024
_TIMEOUT_SECONDS = 2.0
_JSON = "application/json"
_log = structlog.get_logger(__name__)


class Endpoint:
    """Not ready until ``ready_when`` sets its checks."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._checks: tuple[Check, ...] = (_starting,)
        self.port = 0
        """The port it listens on; 0 if it is not open."""

    def ready_when(self, *checks: Check) -> None:
        """The service is ready while none of the checks returns a reason."""
        self._checks = checks

    async def health(self) -> ServiceHealth:
        """The first reason that a check returns; a check that hangs is one too."""
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                reasons = [reason for check in self._checks if (reason := await check())]
        except TimeoutError:
            reasons = [f"its check took longer than {_TIMEOUT_SECONDS:g} s"]
        return ServiceHealth(service=self._service, ready=not reasons, detail="; ".join(reasons))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request per connection."""
        try:
            with suppress(TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
                async with asyncio.timeout(2 * _TIMEOUT_SECONDS):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    writer.write(await self._response(head))
                    await writer.drain()
        finally:
            writer.close()

    async def _response(self, head: str) -> bytes:
        line, *header_lines = head.split("\r\n")
        method, _, rest = line.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in ("GET", "HEAD"):
            return _http(HTTPStatus.METHOD_NOT_ALLOWED, _JSON, b'{"detail":"only GET is allowed"}', "Allow: GET, HEAD")
        if path == "/metrics":
            encoder, content_type = choose_encoder(_header(header_lines, "accept"))
            status, body = HTTPStatus.OK, encoder(REGISTRY)
        elif path == "/healthz":
            status, content_type, body = HTTPStatus.OK, _JSON, encode(ServiceHealth(service=self._service, ready=True))
        elif path == "/readyz":
            health = await self.health()
            status = HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE
            content_type, body = _JSON, encode(health)
        else:
            status, content_type = HTTPStatus.NOT_FOUND, _JSON
            body = b'{"detail":"there are /metrics, /healthz and /readyz"}'
        response = _http(status, content_type, body)
        return response if method == "GET" else response[: -len(body)]


@asynccontextmanager
async def open_endpoint(service: str, settings: EndpointEnvironment) -> AsyncGenerator[Endpoint]:
    """Listens while the context is open, if a port is configured. Raises CannotListen if that port is taken."""
    endpoint = Endpoint(service)
    if not settings.metrics_port:
        yield endpoint
        return
    host, port = settings.metrics_host, settings.metrics_port
    prepare_registry(service)
    try:
        server = await asyncio.start_server(endpoint.serve, host, port, limit=_MAX_HEAD_BYTES)
    except OSError as error:
        hint = "Set ASSAY_METRICS_PORT to a free port, or to 0 to open none."
        raise CannotListen(host, port, error.strerror or str(error), hint) from error
    endpoint.port = port
    _log.info("metrics.listening", host=host, port=port)
    try:
        yield endpoint
    finally:
        server.close()


def _header(lines: Sequence[str], wanted: str) -> str:
    """The value of a header; empty if the request has none."""
    named = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in named if name.strip().lower() == wanted), "")


async def _starting() -> str:
    return "it is starting"


def _http(status: HTTPStatus, content_type: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
