"""The sweeper: nothing stays leased to the dead, and no order stays lost."""

from __future__ import annotations

from datetime import timedelta

from assay.contracts.attempts import State
from services.ledger.memory.board import count_in
from services.ledger.memory.changes import change_attempt, record
from services.ledger.memory.orders import add_orders
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import fact_of_expiry
from services.ledger.memory.rules.outbox import LONGEST_AT
from services.ledger.memory.rules.reports import LEASES_FOR_A_LATE_REPORT
from services.ledger.memory.spending import book_lost
from services.ledger.memory.standstill import end_overdue, tell_stalled
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.memory.winding import recall_paused, wind_down
from services.ledger.settings import LedgerSettings


class MemorySweeper:
    def __init__(self, store: MemoryStore, settings: LedgerSettings) -> None:
        self._store = store
        self._max_tries = settings.max_tries
        self._patience = timedelta(seconds=settings.order_patience_seconds)
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._orphan_patience = timedelta(seconds=LEASES_FOR_A_LATE_REPORT * settings.lease_seconds)

    async def renew(self) -> int:
        return self._store.transact(self._renew, quiet=True)

    def _renew(self) -> int:
        until = self._store.at + self._lease
        leased = [row for row in self._store.attempts if row["lease_until"] is not None and row["lease_until"] < until]
        for row in leased:
            self._store.attempts.change(row["attempt_id"], lease_until=until)
        return len(leased)

    async def sweep(self) -> int:
        """Everything that only time brings about; returns the leases taken back."""
        store = self._store
        taken_back = store.transact(self._sweep, quiet=True)
        ended = store.transact(lambda: end_overdue(store), quiet=True)
        wound = store.transact(lambda: wind_down(store), quiet=True)
        recalled = store.transact(lambda: recall_paused(store), quiet=True)
        stalled = store.transact(lambda: tell_stalled(store), quiet=True)
        if taken_back or ended or wound or recalled or stalled:
            store.changed.set()
        return taken_back

    def _sweep(self) -> int:
        store = self._store
        self._settle_orphans()
        expired = [row for row in store.attempts if row["lease_until"] is not None and row["lease_until"] < store.at]
        rows = [self._take_back(row) for row in expired]
        if rows:
            add_orders(store, "run", [row for row in rows if row["state"] == State.QUEUED])
            add_orders(store, "judge", [row for row in rows if row["state"] == State.GRADING])
            count_in(store, [(row, {}) for row in rows if row["state"] == State.DONE])
            record(store, [Change(row, fact_of_expiry) for row in rows])
        for order in store.orders:
            patience = self._patience * 2 ** (min(order["publishes"], LONGEST_AT) - 1)
            if order["published_at"] is not None and order["published_at"] < store.at - patience:
                store.orders.change(order["attempt_id"], published_at=None, urgent=False)
        return len(rows)

    def _settle_orphans(self) -> None:
        """Holds of tries that are over and were never reported on. Late reports are waited for: they say what was
        spent, where otherwise the worst must be taken for it."""
        orphans: list[Row] = []
        for hold in self._store.holds:
            attempt = self._store.attempts[hold["attempt_id"]]
            over = attempt["token"] != hold["token"] or attempt["state"] != State.RUNNING
            if hold["state"] == "held" and over and attempt["changed_at"] < self._store.at - self._orphan_patience:
                orphans.append(hold)
        booked = book_lost(self._store, orphans)
        record(self._store, [], booked.spends, booked.notes)

    def _take_back(self, attempt: Row) -> Row:
        running = attempt["state"] == State.RUNNING
        last = attempt["tries" if running else "gradings"] >= self._max_tries
        cause = f"the lease of worker {attempt['worker_id']} ran out while {attempt['state']}"
        key = attempt["attempt_id"], attempt["token"]
        begun = self._store.tries.get(key)
        if begun is not None and begun["ended"] == "":
            self._store.tries.change(key, ended_at=self._store.at, ended="lost", cause=cause)
        return change_attempt(
            self._store,
            attempt,
            state="done" if last else "queued" if running else attempt["state"],
            outcome="infra_error" if last else None,
            token=attempt["token"] + 1,
            lease_until=None,
            worker_id="",
            reason=cause,
        )
