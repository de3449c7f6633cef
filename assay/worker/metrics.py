"""Prometheus metrics of a worker: its slots, and the tries or gradings it works on."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from assay.contracts.attempts import Stage

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_SLOTS = Gauge("assay_worker_slots", "Slots that the worker offers; 0 while it drains or lacks resources", ["stage"])
_IN_USE = Gauge("assay_worker_slots_in_use", "Slots in which a try or grading runs", ["stage"])
_DURATION = Histogram(
    "assay_work_duration_seconds",
    "Duration of tries (stage run) and gradings (stage judge), by outcome; executed: there is an answer to grade",
    ["stage", "outcome"],
    buckets=_BUCKETS,
)
_CLAIMS = Counter("assay_worker_claims", "Answers to claims of orders", ["stage", "result"])
_LOST = Counter("assay_worker_leases_lost", "Leases that expired or were cancelled during the work", ["stage"])
_MISSED = Counter("assay_worker_heartbeats_missed", "Heartbeats that the ledger did not answer", ["stage"])
LOST = "lost"
"""The outcome of work whose lease was lost."""


class WorkerMetrics:
    def __init__(self, stage: Stage, slots: Callable[[], int]) -> None:
        self._stage = stage
        self._in_use = _IN_USE.labels(stage)
        _SLOTS.labels(stage).set_function(slots)
        self._lost, self._missed = _LOST.labels(stage), _MISSED.labels(stage)

    @contextmanager
    def working(self) -> Generator[Callable[[str], None]]:
        """Measures one try or grading; its outcome is given to the function that is yielded."""
        outcomes = [LOST]
        began = time.perf_counter()
        self._in_use.inc()
        try:
            yield outcomes.append
        finally:
            self._in_use.dec()
            _DURATION.labels(self._stage, outcomes[-1]).observe(time.perf_counter() - began)

    def claimed(self, granted: int, denied: int) -> None:
        _CLAIMS.labels(self._stage, "granted").inc(granted)
        _CLAIMS.labels(self._stage, "denied").inc(denied)

    def leases_lost(self, count: int) -> None:
        self._lost.inc(count)

    def heartbeat_missed(self) -> None:
        self._missed.inc()
