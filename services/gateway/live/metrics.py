"""The hub's figures for ``/metrics``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.gateway.live.hub import Hub


class HubCollector(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def describe(self) -> list[Metric]:
        """Nothing beforehand: two hubs may live in one process."""
        return []

    def collect(self) -> Iterator[Metric]:
        hub = self._hub
        yield GaugeMetricFamily("assay_live_clients", "WebSocket clients now", value=len(hub.connections))
        yield CounterMetricFamily("assay_live_facts", "Facts heard on the bus", value=hub.facts_received)
        yield CounterMetricFamily(
            "assay_live_facts_filled", "Facts read again from the ledger", value=hub.facts_backfilled
        )
        yield CounterMetricFamily("assay_live_resyncs", "Topics that a client was too slow for", value=hub.resyncs)
        yield CounterMetricFamily(
            "assay_live_stalled", "Clients cut off because they stood still", value=hub.stalled_clients
        )


@asynccontextmanager
async def registered_metrics(hub: Hub) -> AsyncGenerator[None, None]:
    """The hub's figures are in the process's registry for as long as this lasts."""
    collector = HubCollector(hub)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
