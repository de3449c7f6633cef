"""The bus probe: sends a message through the work plane every few seconds, so that trouble shows before it is felt."""

from __future__ import annotations

import structlog
from prometheus_client import Counter, Histogram

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Storage
from services.ledger.health.health_store import HealthStore

_log = structlog.get_logger()

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
_ROUND_TRIP = Histogram(
    "assay_bus_round_trip_seconds", "Time that a message takes through the work plane", buckets=_BUCKETS
)
_FAILURES = Counter("assay_bus_round_trip_failures", "Messages that did not come through the work plane")
TIMEOUT_SECONDS = 4.0
SLOW_SECONDS = 2.0


class BusProbe:
    def __init__(self, storage: Storage, health: HealthStore) -> None:
        self._storage = storage
        self._health = health
        self._trouble = ""

    async def probe(self) -> None:
        trouble = await self._round_trip()
        if bool(trouble) != bool(self._trouble):
            _log.warning("bus_probe.failed" if trouble else "bus_probe.recovered", reason=trouble or self._trouble)
        self._trouble = trouble
        await self._health.set_trouble(trouble)

    async def _round_trip(self) -> str:
        try:
            seconds = await self._storage.round_trip(TIMEOUT_SECONDS)
        except BusUnavailable as error:
            _FAILURES.inc()
            return f"the work plane does not carry messages: {error}"
        _ROUND_TRIP.observe(seconds)
        if seconds > SLOW_SECONDS:
            return f"the work plane is slow: a message took {seconds:.1f} s"
        return ""
