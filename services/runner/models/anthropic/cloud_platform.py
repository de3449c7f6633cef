"""A cloud that serves Claude through Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.runner.errors import CallFailed


@dataclass(frozen=True, kw_only=True)
class CloudPlatform:
    """``version`` is the API's version, which is sent in the body. ``errors`` are those of the cloud's libraries, in
    which the SDK does not wrap them, and ``to_call_failed`` maps one, with the address for its message."""

    version: str
    errors: tuple[type[Exception], ...]
    to_call_failed: Callable[[Exception, str], CallFailed]
