"""The sweeper: everything that only the passing of time brings about."""

from __future__ import annotations

from functools import partial

from services.ledger.attempts.lease_expiry import end_expired_leases, renew_leases
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.judges.calibrations import settle_orphaned_calibrations
from services.ledger.money.orphaned_holds import settle_orphans
from services.ledger.outbox.orders import repeat_unclaimed
from services.ledger.runs import stopped_models
from services.ledger.runs.cancellation import BATCH, cancel_attempts, recall_paused
from services.ledger.runs.plans import Plans
from services.ledger.runs.stalled_runs import cancel_overdue, report_stalled
from services.ledger.scheduling.outages import report_outages
from services.ledger.settings import LedgerSettings


class Sweeper:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._settings = settings

    async def renew_leases(self) -> int:
        """Start every lease anew; returns how many."""

        async def work(connection: Connection) -> int:
            return await renew_leases(connection, self._settings.lease_seconds)

        return await self._database.transact(work, quiet=True)

    async def sweep(self) -> int:
        """Expire dead workers' leases, settle their holds, repeat unclaimed orders, finish cancelled and overdue runs,
        end attempts of stopped models, and report runs that wait for a model or are stalled. Returns the number of
        expired leases."""

        silence_seconds = self._settings.worker_silence_seconds
        expired = await self._database.transact(self._expire, quiet=True)
        await self._database.transact(cancel_overdue, quiet=True)
        while await self._database.transact(cancel_attempts, quiet=True) >= BATCH:
            pass
        await self._database.transact(recall_paused, quiet=True)
        for _ in range(stopped_models.BATCHES_PER_SWEEP):
            if await self._database.transact(self._end_stopped, quiet=True) < stopped_models.BATCH:
                break
        await self._database.transact(partial(report_outages, silence_seconds=silence_seconds), quiet=True)
        await self._database.transact(partial(report_stalled, silence_seconds=silence_seconds), quiet=True)
        return expired

    async def _end_stopped(self, connection: Connection) -> int:
        return await stopped_models.end_attempts_of_stopped_models(connection, self._plans)

    async def _expire(self, connection: Connection) -> int:
        await settle_orphans(connection, self._plans, self._settings.lease_seconds)
        await settle_orphaned_calibrations(connection)
        expired = await end_expired_leases(connection, self._plans, self._settings.max_tries)
        await repeat_unclaimed(connection, self._settings.order_patience_seconds)
        return expired
