"""What the SDK and the connection under it raise, as our errors. In one place, so that each has one remedy."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import httpx2
import openai

from services.runner.errors import (
    CallFailed,
    CallMisconfigured,
    EndpointSilent,
    EndpointUnreachable,
    PromptRefused,
    PromptTooLong,
    ProviderBroken,
    RateLimited,
)
from services.runner.models.response import error_text

_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error")
_NOT_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
# The transport gives the same errors for a connection that broke later, when the request may have been billed.
_BEFORE_SENDING = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached")


def failure_of(error: openai.OpenAIError | httpx2.HTTPError | httpx2.InvalidURL, address: str) -> CallFailed:
    """``address`` is for people: which endpoint it was."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, address)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, _NOT_CONNECTED) and isinstance(cause.__cause__, _BEFORE_SENDING):
        return EndpointUnreachable(f"cannot connect to {address}: {_named(cause)}; is it running?")
    if isinstance(cause, _NOT_CONNECTED):
        return EndpointUnreachable(f"{address} hung up before it answered", perhaps_billed=True)
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError):
        return CallMisconfigured(f"{address} cannot be asked: {_named(cause)}; check the provider's address and key")
    if isinstance(cause, httpx2.TimeoutException):
        return EndpointSilent(f"{address} did not answer in time ({type(cause).__name__})", perhaps_billed=True)
    if isinstance(cause, httpx2.RemoteProtocolError | httpx2.DecodingError):
        return ProviderBroken(f"{address} does not speak HTTP as it should: {_named(cause)}", perhaps_billed=True)
    if isinstance(cause, httpx2.TransportError):
        return EndpointUnreachable(f"the connection to {address} broke: {_named(cause)}", perhaps_billed=True)
    return ProviderBroken(f"{address}: {_named(error)}", perhaps_billed=True)


def _of_status(error: openai.APIStatusError, address: str) -> CallFailed:
    status, told = error.status_code, error_text(_inner(error.body) or error.message)
    text = f"{address} answered {status}: {told}"
    if status == 429 and error.code not in _NO_CREDIT:
        return RateLimited(text, retry_after_seconds=retry_after(error.response.headers))
    if status == 408:
        return EndpointSilent(text, retry_after_seconds=retry_after(error.response.headers))
    if status >= 500 or status == 409:
        return ProviderBroken(text, retry_after_seconds=retry_after(error.response.headers))
    if error.code in _TOO_LONG or error.type in _TOO_LONG:
        return PromptTooLong(text)
    if error.code == "content_filter":
        return PromptRefused(text)
    return CallMisconfigured(f"{text}; check the model's name, its parameters and the provider's key")


def retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds from now, out of ``retry-after-ms`` or ``retry-after`` (seconds or a date); None when not told."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        told = headers.get("retry-after", "")
        if told.replace(".", "", 1).isdigit():
            return float(told)
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()) if told else None
    except (ValueError, TypeError, OverflowError):
        return None


def _inner(body: object) -> object:
    return body.get("error", body) if isinstance(body, dict) else body


def _named(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
