"""Maps errors of the HTTP transport, which all SDKs use, to the runner's errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import httpx2

from services.runner.errors import CallFailed, CallMisconfigured, EndpointTimeout, EndpointUnreachable, ProviderError

_NOT_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
# The aiohttp transport raises the same errors if a connection breaks later, when the request may have been billed.
_BEFORE_SENDING = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


def from_transport(error: BaseException | None, address: str) -> CallFailed:
    """``address`` names the endpoint in the message."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, _NOT_CONNECTED):
        if isinstance(error.__cause__, aiohttp.ClientError) and not isinstance(error.__cause__, _BEFORE_SENDING):
            return EndpointUnreachable(f"{address} closed the connection before it answered", may_be_billed=True)
        return EndpointUnreachable(f"cannot connect to {address}: {describe(error)}; is it running?")
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError):
        return CallMisconfigured(f"cannot call {address}: {describe(error)}; check the provider's address and key")
    if isinstance(error, httpx2.TimeoutException):
        return EndpointTimeout(f"{address} did not answer in time ({type(error).__name__})", may_be_billed=True)
    if isinstance(error, httpx2.RemoteProtocolError) and "disconnected" in str(error):
        return EndpointUnreachable(f"{address} closed the connection before it answered", may_be_billed=True)
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.DecodingError):
        return ProviderError(f"{address} sent invalid HTTP: {describe(error)}", may_be_billed=True)
    if isinstance(error, httpx2.TransportError):
        return EndpointUnreachable(f"the connection to {address} broke: {describe(error)}", may_be_billed=True)
    return ProviderError(f"{address}: {describe(error)}", may_be_billed=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, from ``retry-after-ms`` or ``retry-after`` (seconds or a date); None if absent or invalid.
    ``headers`` ignore case."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()) if value else None
    except (ValueError, TypeError, OverflowError):
        return None


def describe(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
