"""The outbox: facts and orders that are true and not yet on the bus."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.memory.rules.outbox import GRADINGS_OUT, LIMIT, pending_fact, pending_order
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.outbox.outbox_store import Pending


class MemoryOutbox:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def facts(self) -> Sequence[Pending]:
        """The oldest facts still to publish, in the order they became true."""
        return [self._fact(row) for row in list(self._store.pending_facts)[:LIMIT]]

    async def orders(self) -> Sequence[Pending]:
        runs = [row for row in self._store.orders if row["stage"] == "run" and row["published_at"] is None]
        gradings = [row for row in self._store.orders if row["stage"] == "judge"]
        due = sorted((row for row in gradings if row["published_at"] is None), key=lambda row: row["ordinal"])
        room = max(0, GRADINGS_OUT - len(gradings) + len(due))
        return [pending_order(row) for row in (*runs[:LIMIT], *due[:room])]

    async def facts_published(self, published: Sequence[Pending]) -> None:
        """The stream has stored these; they stay as history."""

        def work() -> None:
            for pending in published:
                self._store.pending_facts.delete(pending.key[1])

        self._store.transact(work, quiet=True)

    async def orders_published(self, published: Sequence[Pending]) -> None:
        """Their rows stay until the claims are seen; an order not claimed in time is published again."""

        def work() -> None:
            for pending in published:
                attempt_id, token = pending.key
                order = self._store.orders.get(attempt_id)
                if order is not None and order["token"] == token:
                    publishes = order["publishes"] + 1
                    self._store.orders.change(attempt_id, published_at=self._store.at, publishes=publishes)

        self._store.transact(work, quiet=True)

    def _fact(self, pending: Row) -> Pending:
        fact = self._store.facts[pending["run_id"], pending["sequence"]]
        return pending_fact(fact, pending["position"])
