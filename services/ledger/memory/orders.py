"""Orders waiting to be published: a row stays until its claim is seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def add_orders(store: MemoryStore, stage: str, attempts: Iterable[Row], urgent: Collection[str] = frozenset()) -> None:
    """An order for each attempt's row, under its present token; it replaces an older order for the same attempt. Those
    that are ``urgent`` are found before the others."""
    for attempt in attempts:
        attempt_id = attempt["attempt_id"]
        order = {"stage": stage, "token": attempt["token"], "urgent": attempt_id in urgent, "published_at": None}
        order["ordinal"] = attempt["ordinal"]
        if attempt_id in store.orders:
            store.orders.change(attempt_id, **order)
        else:
            store.orders.insert(attempt_id, {"attempt_id": attempt_id, "pool": "default", "publishes": 0, **order})
