"""Traces by OpenTelemetry's SDK, which sends them to an OTLP collector over HTTP, as its own variables say."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from assay.tracing.span import NO_CARRIER, TRACEPARENT, Attribute, Carrier, Kind, Span

_CLOSE_SECONDS = 3.0
_WHOLE = "assay-whole"
"""Beside a part's context: the traceparent of the whole."""
_W3C = TraceContextTextMapPropagator()


class OpenTelemetry:
    def __init__(self, service: str) -> None:
        resource = Resource.create(
            {
                "service.namespace": "assay",
                "service.name": f"assay-{service}",
                "service.version": version("assay"),
                "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
            }
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("assay", version("assay"))

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        attributes: Mapping[str, Attribute],
        carrier: Carrier | None = None,
        *,
        current: bool = True,
    ) -> Generator[Span]:
        """Without a carrier it belongs to the current span."""
        context = None if carrier is None else _W3C.extract(carrier, Context())
        span = self._tracer.start_span(name, context, SpanKind[kind], attributes, links=_links(carrier or NO_CARRIER))
        if not current:
            try:
                yield _RecordedSpan(span)
            finally:
                span.end()
            return
        with trace.use_span(span, end_on_exit=True):
            yield _RecordedSpan(span)

    def carrier(self) -> Carrier:
        headers: dict[str, str] = {}
        _W3C.inject(headers)
        return headers

    def carrier_of_part(self, whole: str, part: str) -> Carrier:
        """Its trace id is a hash of both."""
        context = _context_of({TRACEPARENT: whole})
        seed = blake2b(f"{whole} {part}".encode(), digest_size=24).hexdigest()
        traceparent = f"00-{seed[:32]}-{seed[32:]}-{int(context.trace_flags):02x}"
        return {TRACEPARENT: traceparent, _WHOLE: whole} if context.is_valid else NO_CARRIER

    def trace_id(self) -> str:
        context = trace.get_current_span().get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else ""

    def close(self) -> None:
        """In a thread, because the exporter repeats a request to a collector that is away for longer than we wait."""
        closing = threading.Thread(target=self._provider.shutdown, name="close-traces", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


class _RecordedSpan(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, attributes: Mapping[str, Attribute]) -> None:
        self._span.set_attributes(attributes)

    def fail(self, reason: str) -> None:
        self._span.set_status(StatusCode.ERROR, reason)


def _context_of(carrier: Carrier) -> SpanContext:
    return trace.get_current_span(_W3C.extract(carrier, Context())).get_span_context()


def _links(carrier: Carrier) -> list[Link]:
    if not (whole := carrier.get(_WHOLE)):
        return []
    context = _context_of({TRACEPARENT: whole})
    return [Link(context)] if context.is_valid else []
