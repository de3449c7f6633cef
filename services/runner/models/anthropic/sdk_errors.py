"""Maps errors of the anthropic SDK to the runner's errors."""

from __future__ import annotations

import anthropic
import httpx2

from services.runner.errors import CallFailed, ProviderError
from services.runner.models.http.transport_errors import describe, from_transport, retry_after
from services.runner.models.reported_errors import read_error, to_call_failed

SDK_ERRORS = (anthropic.AnthropicError, httpx2.HTTPError, httpx2.InvalidURL, ValueError)
"""ValueError: an event that is not JSON."""


def from_sdk(error: BaseException, address: str, *, answered: bool) -> CallFailed:
    """``answered``: a part of the answer arrived before the error, so it may be billed."""
    if isinstance(error, anthropic.APIStatusError):
        reported = read_error(error.body or error.message)
        status = error.status_code if error.status_code >= 400 else None
        said = f"answered {status}" if status else "reported an error in its reply"
        seconds = retry_after(error.response.headers)
        text = f"{address} {said}: {reported.message}"
        return to_call_failed(reported, text, status=status, retry_after_seconds=seconds, may_be_billed=answered)
    if isinstance(error, anthropic.APIConnectionError):
        return from_transport(error.__cause__, address)
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL):
        return from_transport(error, address)
    return ProviderError(f"the reply of {address} is not a message: {describe(error)}", may_be_billed=True)
