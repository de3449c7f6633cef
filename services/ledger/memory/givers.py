"""Who lives, and which sandboxes each can give."""

from __future__ import annotations

from datetime import timedelta

from assay.contracts.attempts import Stage
from services.ledger.memory.rules.shelter import Giver
from services.ledger.memory.store import MemoryStore
from services.ledger.settings import LedgerSettings


def givers(store: MemoryStore, settings: LedgerSettings) -> list[Giver]:
    """The living workers that attempts are ordered from."""
    since = store.clock() - timedelta(seconds=settings.worker_silence_seconds)
    return [
        Giver(Stage(worker["stage"]), worker["sandboxes"])
        for worker in store.workers
        if worker["pool"] == "default" and worker["seen_at"] > since
    ]
