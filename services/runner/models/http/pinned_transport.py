"""A transport that resolves a host once, checks its addresses and connects to one of them, whatever the DNS says
later."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

from services.runner.models.http.address_policy import AddressPolicy

RESOLVE_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}


class Transport(Protocol):
    """Of httpx or httpx2."""

    async def handle_async_request(self, request: Any) -> Any: ...

    async def aclose(self) -> None: ...


class PinnedTransport:
    """``connect_error`` is the library's error for a host without an address."""

    def __init__(self, inner: Transport, policy: AddressPolicy, connect_error: type[Exception]) -> None:
        self._inner, self._policy, self._connect_error = inner, policy, connect_error

    async def handle_async_request(self, request: Any) -> Any:
        """Raises AddressRefused. TLS still checks the certificate against the host's name."""
        url = request.url
        *others, last = await self._resolve(url)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        try:
            for address in others:
                request.url = url.copy_with(host=address)
                with suppress(self._connect_error):  # nothing was sent, so the next one is tried
                    return await self._inner.handle_async_request(request)
            request.url = url.copy_with(host=last)
            return await self._inner.handle_async_request(request)
        finally:
            request.url = url

    async def _resolve(self, url: Any) -> list[str]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                return await self._policy.resolve(url.host, url.port or _PORTS[url.scheme])
        except TimeoutError as error:
            raise self._connect_error(f"cannot resolve {url.host} within {RESOLVE_SECONDS:g} s") from error
        except OSError as error:
            raise self._connect_error(f"cannot resolve {url.host}: {error.strerror or error}") from error

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> PinnedTransport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
