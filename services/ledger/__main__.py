"""``python -m services.ledger``: the system of record, over Postgres and the bus."""

from __future__ import annotations

import structlog

log = structlog.get_logger()
