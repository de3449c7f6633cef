"""Prometheus metrics of live updates."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sized
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(slots=True)
class LiveCounters:
    """Totals since the process started."""

    facts_received: int = 0
    facts_backfilled: int = 0
    resyncs: int = 0
    stalled_clients: int = 0


class LiveCollector(Collector):
    def __init__(self, counters: LiveCounters, connections: Sized) -> None:
        self._counters, self._connections = counters, connections

    def describe(self) -> list[Metric]:
        """Empty, so that two hubs in one process do not clash at registration."""
        return []

    def collect(self) -> Iterator[Metric]:
        count = self._counters
        yield GaugeMetricFamily("assay_live_clients", "Connected WebSocket clients", value=len(self._connections))
        yield CounterMetricFamily("assay_live_facts", "Facts received from the bus", value=count.facts_received)
        yield CounterMetricFamily(
            "assay_live_facts_filled", "Missed facts read from the ledger", value=count.facts_backfilled
        )
        yield CounterMetricFamily(
            "assay_live_resyncs", "Snapshots sent because a client fell behind", value=count.resyncs
        )
        yield CounterMetricFamily(
            "assay_live_stalled", "Connections closed because the client stopped reading", value=count.stalled_clients
        )


@asynccontextmanager
async def registered_metrics(counters: LiveCounters, connections: Sized) -> AsyncGenerator[None, None]:
    collector = LiveCollector(counters, connections)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
