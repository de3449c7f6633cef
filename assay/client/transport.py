"""HTTP requests, with responses decoded into the contracts' types."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from assay.client.errors import ClientError, NotAssay, Unreachable
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.problems import Problem, ProblemError

PROBLEM = "application/problem+json"
API = "/api/v1"


class Transport:
    """A connection pool to one gateway. ``get``, ``post`` and ``send_body`` raise ProblemError or a ClientError."""

    def __init__(self, base_url: str, token: str, timeout_seconds: float) -> None:
        self.base_url = checked_url(base_url)
        self._http = httpx2.AsyncClient(
            base_url=self.base_url,
            headers=authorization(token),
            timeout=timeout_seconds,
            trust_env=not is_loopback(self.base_url),
            verify=_ssl_context(self.base_url),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, kind: Any, path: str, **query: Any) -> Any:
        """The response as a ``kind``; parameters that are None or empty are omitted."""
        return self.decode(kind, await self.send("GET", f"{API}{path}", params=_query_parameters(query)))

    async def post(
        self, kind: Any, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Any:
        return await self.send_body("POST", kind, path, body, headers, **query)

    async def send_body(
        self, method: str, kind: Any, path: str, body: Any, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Any:
        """The response as a ``kind``; None sends no body."""
        content = b"" if body is None else encode(body)
        sent = {"content-type": "application/json", **(headers or {})}
        response = await self.send(
            method, f"{API}{path}", content=content, headers=sent, params=_query_parameters(query)
        )
        return self.decode(kind, response)

    async def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Raises ProblemError or NotAssay for every unsuccessful response."""
        response = await self.request(method, path, **request)
        if not response.is_success:
            raise self.error_of(response)
        return response

    async def request(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """The response, whatever its status; raises Unreachable when there is none."""
        try:
            return await self._http.request(method, path, **request)
        except httpx2.TransportError as error:
            raise Unreachable(self.base_url, str(error) or type(error).__name__) from error

    def decode(self, kind: Any, response: httpx2.Response) -> Any:
        try:
            return decode(kind, response.content)
        except Malformed as error:
            raise NotAssay(self.base_url, str(error)) from error

    def error_of(self, response: httpx2.Response) -> ProblemError | NotAssay:
        media_type = response.headers.get("content-type", "")
        return problem_of(self.base_url, response.status_code, media_type, response.content)


def problem_of(url: str, status: int, media_type: str, body: bytes) -> ProblemError | NotAssay:
    """The error for an unsuccessful response."""
    if media_type.partition(";")[0] == PROBLEM:
        try:
            return ProblemError(decode(Problem, body))
        except Malformed as error:
            return NotAssay(url, str(error))
    return NotAssay(url, f"status {status} with {media_type or 'no content type'}")


def _query_parameters(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value not in (None, "")}


def _ssl_context(url: str) -> ssl.SSLContext | bool:
    """Loading the trusted certificates takes longer than a request, and plain HTTP on loopback needs none."""
    plain = url.startswith("http://") and is_loopback(url)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True


def checked_url(base_url: str) -> str:
    """Without a trailing slash; raises ClientError unless it is an HTTP address."""
    if not base_url.startswith(("http://", "https://")):
        raise ClientError(f"{base_url!r} is not the address of a gateway; write it like http://127.0.0.1:8000")
    return base_url.rstrip("/")


def authorization(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def is_loopback(url: str) -> bool:
    """Whether the URL is on this machine, where the environment's proxies must not be used."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def segment(text: str) -> str:
    """Quotes one segment of a path."""
    return quote(text, safe="")
