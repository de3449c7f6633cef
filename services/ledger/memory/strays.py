"""Attempts that wait for a worker while no order for them is kept, so that none would ever come."""

from __future__ import annotations

from datetime import timedelta

from services.ledger.memory.orders import add_orders
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


class MemoryStrays:
    """``patience_seconds`` is how long an attempt may have been without an order."""

    def __init__(self, store: MemoryStore, patience_seconds: float = 60.0) -> None:
        self._store = store
        self._patience = timedelta(seconds=patience_seconds)

    async def order_again(self) -> int:
        """Give orders for such attempts; returns how many."""
        found = self._store.transact(self._order_again, quiet=True)
        if found:
            self._store.changed.set()
        return found

    def _order_again(self) -> int:
        strays = [row for row in self._store.attempts if self._is_stray(row)]
        add_orders(self._store, "run", [row for row in strays if row["state"] == "queued"])
        add_orders(self._store, "judge", [row for row in strays if row["state"] != "queued"])
        return len(strays)

    def _is_stray(self, row: Row) -> bool:
        if row["state"] not in ("queued", "executed", "grading") or row["lease_until"] is not None:
            return False
        order = self._store.orders.get(row["attempt_id"])
        ordered = order is not None and order["token"] == row["token"]
        return not ordered and row["changed_at"] < self._store.at - self._patience
