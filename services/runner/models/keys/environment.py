"""Keys in the runner's environment or folder of secrets."""

from __future__ import annotations

from collections.abc import Mapping

from assay.contracts.providers import Provider
from assay.files.secrets import SecretUnreadable, read_secret, sources_of
from services.runner.errors import AuthenticationFailed


def environment_key(provider_id: str, provider: Provider, environment: Mapping[str, str]) -> str:
    """Empty if the provider names no variable, or it is not set. Raises AuthenticationFailed if it cannot be read."""
    if provider.api_key_env is None:
        return ""
    try:
        return read_secret(provider.api_key_env, environment)
    except SecretUnreadable as error:
        raise AuthenticationFailed(f"provider {provider_id!r} has no key: {error}") from error


def missing_key(provider_id: str, provider: Provider, environment: Mapping[str, str]) -> AuthenticationFailed:
    """The error if there is neither a variable nor a stored key."""
    store = f"store one with `assay models key {provider_id}`"
    if provider.api_key_env is None:
        return AuthenticationFailed(f"provider {provider_id!r} has no key: {store}")
    variable = sources_of(provider.api_key_env, environment)
    return AuthenticationFailed(
        f"provider {provider_id!r} has no key: set {variable} in the runner's environment, or {store}"
    )
