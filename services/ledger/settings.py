"""Settings of the ledger, from the environment (prefix ``ASSAY_``)."""

from __future__ import annotations

from assay.bus.settings import BusEnvironment
from assay.contracts.money import Usd


class LedgerSettings(BusEnvironment):
    """Times are seconds. ``lease_seconds`` bounds how long a dead worker's attempt waits for another."""

    database_url: str = "postgresql://postgres@127.0.0.1/postgres"
    database_connections: int = 8
    lease_seconds: float = 15.0
    worker_silence_seconds: float = 12.0
    """A worker not heard of for so long counts no more as capacity."""
    order_patience_seconds: float = 30.0
    """An order published but not claimed for so long is published again, and then after ever longer times."""
    max_tries: int = 3
    """Tries of one attempt that infrastructure may lose before it ends as ``infra_error``."""
    day_limit_usd: Usd | None = "20"
    """A project's limit for each day, until another is set for it (``assay limits set``)."""
    max_concurrency: int = 0
    """Attempts under way over all runs; 0 leaves it to the workers' number."""
    report_batch: int = 200
