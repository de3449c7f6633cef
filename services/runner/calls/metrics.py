"""Prometheus metrics of requests to models, and their steps in traces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

from assay.contracts.models import Call, CallFault
from assay.service.bounded_label import BoundedLabel
from assay.tracing import step
from assay.tracing.span import Kind
from services.runner.errors import CallFailed

_MAX_MODELS = 200
_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
_NANOUSD = 1e9
_CALLS = Counter("assay_model_calls", "Requests to models, repeated ones included", ["provider", "model"])
_ERRORS = Counter("assay_model_call_errors", "Requests to models that failed", ["provider", "model", "kind"])
_DURATION = Histogram(
    "assay_model_call_duration_seconds", "Duration of requests to models", ["provider", "model"], buckets=_BUCKETS
)
_TOKENS = Counter("assay_model_tokens", "Tokens of requests to models", ["provider", "model", "direction"])
_COST = Counter("assay_model_cost_usd", "Cost of requests to models, in USD", ["provider", "model"])
_bounded = BoundedLabel(_MAX_MODELS)


@contextmanager
def measured(model: str) -> Generator[None]:
    """Measure and trace one request. The provider gets no trace context: it is none of its business."""
    labels = _labels(model)
    began = time.perf_counter()
    _CALLS.labels(*labels).inc()
    try:
        with step(f"chat {model}", Kind.CLIENT, {"gen_ai.operation.name": "chat", "gen_ai.request.model": model}):
            yield
    except BaseException as error:
        _ERRORS.labels(*labels, _kind(error)).inc()
        raise
    finally:
        _DURATION.labels(*labels).observe(time.perf_counter() - began)


def count_usage(call: Call) -> None:
    labels = _labels(call.model)
    _TOKENS.labels(*labels, "input").inc(call.usage.input_tokens)
    _TOKENS.labels(*labels, "output").inc(call.usage.output_tokens)
    _COST.labels(*labels).inc(call.cost_nanousd / _NANOUSD)


def _labels(name: str) -> tuple[str, str]:
    provider, _, model = _bounded(name).partition("/")
    return provider, model


def _kind(error: BaseException) -> str:
    if isinstance(error, CallFailed):
        return error.fault
    cancelled = isinstance(error, asyncio.CancelledError | TimeoutError)
    return "cancelled" if cancelled else CallFault.PROVIDER
