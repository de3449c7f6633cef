"""Prometheus gauges of the ledger's connections to Postgres, read when they are scraped."""

from __future__ import annotations

from prometheus_client import Gauge

from services.ledger.database.database import Database

_CONNECTIONS = Gauge("assay_database_connections", "Connections to Postgres", ["state"])
_LIMIT = Gauge("assay_database_connections_limit", "The most connections to Postgres that this process opens")


def report_pool(database: Database) -> None:
    _CONNECTIONS.labels("used").set_function(lambda: database.connections_used)
    _CONNECTIONS.labels("idle").set_function(lambda: database.connections_idle)
    _LIMIT.set(database.connections_limit)
