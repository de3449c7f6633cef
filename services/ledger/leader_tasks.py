"""The leader's watches over the bus: what each is and how often it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from assay.bus.protocol import Bus
from services.ledger.database.database import Database
from services.ledger.health.bus_probe import Canary
from services.ledger.health.health_store import PostgresBulletin
from services.ledger.outbox.missing_orders import PostgresStrays
from services.ledger.recovery.dead_letter_store import PostgresGraves
from services.ledger.recovery.dead_letters import LedgerUndertaker
from services.ledger.recovery.epoch_store import PostgresEpochs
from services.ledger.recovery.stream_recovery import Guard
from services.ledger.runs.plans import Plans

log = structlog.get_logger()

Duty = Callable[[], Awaitable[None]]

CHECK_SECONDS = 2.0
CANARY_SECONDS = 3.0
STRAYS_SECONDS = 30.0
TRIM_SECONDS = 60.0


def watches(bus: Bus, database: Database, plans: Plans) -> Sequence[tuple[Duty, float]]:
    """Duties with their periods in seconds."""
    undertaker = LedgerUndertaker(bus.work, PostgresGraves(database, plans))
    guard = Guard(bus, PostgresEpochs(database), undertaker)
    canary = Canary(bus.storage, PostgresBulletin(database))
    strays = PostgresStrays(database)

    async def find_strays() -> None:
        if found := await strays.order_again():
            log.warning("attempts.without_order", count=found)

    async def trim() -> None:
        await bus.storage.trim()

    return (
        (guard.check, CHECK_SECONDS),
        (canary.sing, CANARY_SECONDS),
        (find_strays, STRAYS_SECONDS),
        (trim, TRIM_SECONDS),
    )
