"""Application Default Credentials of Google Cloud, for Claude and Gemini on Vertex AI."""

from __future__ import annotations

import os

from google.auth.exceptions import GoogleAuthError, TransportError

from assay.contracts.providers import ProviderOptions
from services.runner.errors import (
    AuthenticationFailed,
    CallFailed,
    CallMisconfigured,
    EndpointUnreachable,
    ProviderError,
)
from services.runner.models.http.transport_errors import describe

ERRORS = (GoogleAuthError, RuntimeError)
_UNRESOLVED = "Could not resolve"
"""How the SDKs' error begins if the credentials have no token; it is a plain RuntimeError."""
DEFAULT_REGION = "global"


def project(options: ProviderOptions) -> str:
    """Raises CallMisconfigured if neither the options nor the environment name one."""
    found = options.project or os.environ.get("GOOGLE_CLOUD_PROJECT", "").strip()
    if not found:
        raise CallMisconfigured("Vertex AI needs a project: set options.project or GOOGLE_CLOUD_PROJECT")
    return found


def region(options: ProviderOptions) -> str:
    return options.region or os.environ.get("GOOGLE_CLOUD_LOCATION", "").strip() or DEFAULT_REGION


def to_call_failed(error: Exception, address: str) -> CallFailed:
    if isinstance(error, TransportError) or getattr(error, "retryable", False):
        return EndpointUnreachable(f"cannot get Google credentials for {address}: {error}")
    if isinstance(error, RuntimeError) and not str(error).startswith(_UNRESOLVED):
        return ProviderError(f"the request to {address} failed: {describe(error)}", may_be_billed=True)
    return AuthenticationFailed(
        f"there are no usable Google credentials for {address}: {error}; "
        "set GOOGLE_APPLICATION_CREDENTIALS, log in with gcloud, or give the runner a service account"
    )
