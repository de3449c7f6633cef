"""Traces: the path of a run through the services, for OpenTelemetry (docs/decisions/0030-traces.md).

Off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set: then every function here does nothing, and OpenTelemetry is not
imported.

A trace begins with an HTTP request. Everything else continues the trace that a message carries in its headers, or adds
nothing: heartbeats and background tasks have no traces.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from assay.tracing.span import NO_CARRIER, TRACEPARENT, Attribute, Carrier, Kind, Span

if TYPE_CHECKING:
    from assay.tracing.opentelemetry import OpenTelemetry

NO_ATTRIBUTES: Mapping[str, Attribute] = {}
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_HTTP = "http/protobuf"
_NO_SPAN: AbstractContextManager[Span] = nullcontext(Span())
_backend: OpenTelemetry | None = None


def start_tracing(service: str, environ: Mapping[str, str] = os.environ) -> None:
    """Turn traces on if the environment asks for them. Called once, before the service does anything."""
    global _backend
    if not _is_wanted(environ):
        return
    if (protocol := next(filter(None, map(environ.get, _PROTOCOLS)), _HTTP)) != _HTTP:
        hint = f"only {_HTTP} is supported: set {_PROTOCOLS[1]}={_HTTP} and the collector's HTTP port, usually 4318"
        import structlog  # not needed by the command line, which imports this module too

        structlog.get_logger(__name__).error("tracing.off", protocol=protocol, hint=hint)
        return
    from assay.tracing.opentelemetry import OpenTelemetry

    _backend = OpenTelemetry(service)


def stop_tracing() -> None:
    """Send what is left, within seconds."""
    global _backend
    if _backend is not None:
        _backend.close()
    _backend = None


def is_tracing() -> bool:
    return _backend is not None


def begin(
    name: str, kind: Kind, carrier: Carrier, attributes: Mapping[str, Attribute] = NO_ATTRIBUTES
) -> AbstractContextManager[Span]:
    """A step that continues the carrier's trace, or begins a new one."""
    return _backend.span(name, kind, attributes, carrier) if _backend else _NO_SPAN


def resume(
    name: str,
    kind: Kind,
    carrier: Carrier,
    attributes: Mapping[str, Attribute] = NO_ATTRIBUTES,
    *,
    current: bool = True,
) -> AbstractContextManager[Span]:
    """A step that continues the carrier's trace; nothing if it carries none. What happens inside belongs to the step,
    unless it is not to be the ``current`` one."""
    if _backend is None or TRACEPARENT not in carrier:
        return _NO_SPAN
    return _backend.span(name, kind, attributes, carrier, current=current)


def step(
    name: str, kind: Kind = Kind.INTERNAL, attributes: Mapping[str, Attribute] = NO_ATTRIBUTES
) -> AbstractContextManager[Span]:
    """A step of the current trace; nothing outside of one."""
    return _backend.span(name, kind, attributes) if _backend and _backend.trace_id() else _NO_SPAN


def carrier() -> Carrier:
    """The current trace context, to send along; empty outside of a trace."""
    return _backend.carrier() if _backend else NO_CARRIER


def carrier_of_part(whole: str, part: str) -> Carrier:
    """The context of a trace of its own for a part of what was traced under the traceparent ``whole``: the same each
    time for the same part. Its first step links to the whole."""
    return _backend.carrier_of_part(whole, part) if _backend else NO_CARRIER


def add_trace_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog."""
    if _backend and (trace_id := _backend.trace_id()):
        event.setdefault("trace_id", trace_id)
    return event


def _is_wanted(environ: Mapping[str, str]) -> bool:
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    return not off and any(environ.get(name) for name in _ENDPOINTS)
