"""Maps errors of the SDK and its HTTP transport to the runner's errors."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import httpx2
import openai

from services.runner.errors import CallFailed, CallMisconfigured, EndpointTimeout, EndpointUnreachable, ProviderError
from services.runner.models.reported_errors import read_error
from services.runner.models.reported_errors import to_call_failed as reported_to_call_failed

_NOT_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
# The transport raises the same errors if a connection breaks later, when the request may have been billed.
_BEFORE_SENDING = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


def to_call_failed(error: openai.OpenAIError | httpx2.HTTPError | httpx2.InvalidURL, address: str) -> CallFailed:
    """``address`` names the endpoint in the message."""
    if isinstance(error, openai.APIStatusError):
        return _from_status(error, address)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, _NOT_CONNECTED) and isinstance(cause.__cause__, _BEFORE_SENDING):
        return EndpointUnreachable(f"cannot connect to {address}: {_describe(cause)}; is it running?")
    if isinstance(cause, _NOT_CONNECTED):
        return EndpointUnreachable(f"{address} closed the connection before it answered", may_be_billed=True)
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError):
        return CallMisconfigured(f"cannot call {address}: {_describe(cause)}; check the provider's address and key")
    if isinstance(cause, httpx2.TimeoutException):
        return EndpointTimeout(f"{address} did not answer in time ({type(cause).__name__})", may_be_billed=True)
    if isinstance(cause, httpx2.RemoteProtocolError | httpx2.DecodingError):
        return ProviderError(f"{address} sent invalid HTTP: {_describe(cause)}", may_be_billed=True)
    if isinstance(cause, httpx2.TransportError):
        return EndpointUnreachable(f"the connection to {address} broke: {_describe(cause)}", may_be_billed=True)
    return ProviderError(f"{address}: {_describe(error)}", may_be_billed=True)


def retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds from now, from ``retry-after-ms`` or ``retry-after`` (seconds or a date); None if absent or invalid."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()) if value else None
    except (ValueError, TypeError, OverflowError):
        return None


def _from_status(error: openai.APIStatusError, address: str) -> CallFailed:
    reported = read_error(error.body or error.message)
    text = f"{address} answered {error.status_code}: {reported.message}"
    seconds = retry_after(error.response.headers)
    return reported_to_call_failed(reported, text, status=error.status_code, retry_after_seconds=seconds)


def _describe(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
