"""Prometheus metrics of the bus, as this process uses it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DURATION = Histogram(
    "assay_rpc_duration_seconds", "Time to handle a request that came over the bus", ["verb"], buckets=_BUCKETS
)
_ERRORS = Counter("assay_rpc_errors", "Requests that were answered with a problem, by its status", ["verb", "status"])
CONNECTED = Gauge("assay_bus_connected", "1 while the process is connected to the bus")
RECONNECTS = Counter("assay_bus_reconnects", "Reconnections to the bus")
DEAD_LETTERS = Counter("assay_dead_letters", "Messages that could not be handled")


@contextmanager
def timed(verb: str) -> Generator[None]:
    """Measure the handling of one request."""
    began = time.perf_counter()
    try:
        yield
    finally:
        _DURATION.labels(verb).observe(time.perf_counter() - began)


def count_error(verb: str, status: int) -> None:
    _ERRORS.labels(verb, str(status)).inc()
