"""Requests over HTTP, and answers decoded as the contracts have them."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from assay.client.errors import NotAssay, Unreachable
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.problems import Problem, ProblemError

PROBLEM = "application/problem+json"
API = "/api/v1"


class Transport:
    """One pool of connections to one gateway. ``Transport.get`` and its like raise ProblemError or a ClientError."""

    def __init__(self, base_url: str, token: str, timeout_seconds: float) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx2.AsyncClient(
            base_url=self.base_url,
            headers=authorization(token),
            timeout=timeout_seconds,
            trust_env=not is_loopback(self.base_url),
            verify=_trusted(self.base_url),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, kind: Any, path: str, **query: Any) -> Any:
        """The answer as a ``kind``; parameters that are None or empty are left out."""
        return self.decoded(kind, await self.send("GET", f"{API}{path}", params=_given(query)))

    async def post(
        self, kind: Any, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Any:
        return await self.order("POST", kind, path, body, headers, **query)

    async def order(
        self, method: str, kind: Any, path: str, body: Any, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Any:
        """The answer to a body as a ``kind``; None sends no body."""
        content = b"" if body is None else encode(body)
        sent = {"content-type": "application/json", **(headers or {})}
        answer = await self.send(method, f"{API}{path}", content=content, headers=sent, params=_given(query))
        return self.decoded(kind, answer)

    async def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Raises ProblemError for every answer that is no success."""
        response = await self.answer(method, path, **request)
        if not response.is_success:
            raise self.error_of(response)
        return response

    async def answer(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Whatever is answered; raises Unreachable when nothing is."""
        try:
            return await self._http.request(method, path, **request)
        except httpx2.TransportError as error:
            raise Unreachable(self.base_url, str(error) or type(error).__name__) from error

    def decoded(self, kind: Any, response: httpx2.Response) -> Any:
        try:
            return decode(kind, response.content)
        except Malformed as error:
            raise NotAssay(self.base_url, str(error)) from error

    def error_of(self, response: httpx2.Response) -> ProblemError | NotAssay:
        media_type = response.headers.get("content-type", "")
        return problem_of(self.base_url, response.status_code, media_type, response.content)


def problem_of(url: str, status: int, media_type: str, body: bytes) -> ProblemError | NotAssay:
    """The error that an unsuccessful answer stands for."""
    if media_type.partition(";")[0] == PROBLEM:
        try:
            return ProblemError(decode(Problem, body))
        except Malformed as error:
            return NotAssay(url, str(error))
    return NotAssay(url, f"status {status} with {media_type or 'no content type'}")


def _given(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value not in (None, "")}


def _trusted(url: str) -> ssl.SSLContext | bool:
    """Reading the authorities one trusts takes longer than a request. Plain HTTP on this machine shows no certificate,
    so there none is trusted."""
    plain = url.startswith("http://") and is_loopback(url)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True


def authorization(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def is_loopback(url: str) -> bool:
    """Proxies of the environment are not for what runs on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
