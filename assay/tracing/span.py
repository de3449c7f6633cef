"""Steps of a trace, and the context that messages carry."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

Carrier = Mapping[str, str]
"""A trace context as headers of a message: ``traceparent`` and perhaps ``tracestate`` (W3C Trace Context)."""
NO_CARRIER: Carrier = MappingProxyType({})
TRACEPARENT = "traceparent"
Attribute = str | int | float


class Kind(StrEnum):
    """A span's role, as OpenTelemetry names them."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Span:
    """A step of a trace. This one is not recorded."""

    def set(self, attributes: Mapping[str, Attribute]) -> None:
        """Add attributes."""

    def fail(self, reason: str) -> None:
        """Mark the step as failed."""
