"""Maps errors of the openai SDK to the runner's errors."""

from __future__ import annotations

import httpx2
import openai

from services.runner.errors import CallFailed
from services.runner.models.http.transport_errors import from_transport, retry_after
from services.runner.models.reported_errors import read_error, to_call_failed


def from_sdk(error: openai.OpenAIError | httpx2.HTTPError | httpx2.InvalidURL, address: str) -> CallFailed:
    """``address`` names the endpoint in the message."""
    if not isinstance(error, openai.APIStatusError):
        return from_transport(error.__cause__ if isinstance(error, openai.APIConnectionError) else error, address)
    reported = read_error(error.body or error.message)
    text = f"{address} answered {error.status_code}: {reported.message}"
    seconds = retry_after(error.response.headers)
    return to_call_failed(reported, text, status=error.status_code, retry_after_seconds=seconds)
