"""Results that a run may take over instead of making them again."""

from __future__ import annotations

from collections.abc import Collection

from services.ledger.memory.rules.reuse import REUSABLE, Earlier
from services.ledger.memory.store import MemoryStore


def earlier_results(store: MemoryStore, keys: Collection[str]) -> dict[str, Earlier]:
    """By content key, the newest of each."""
    wanted = set(keys)
    found = [row for row in store.attempts if row["key"] in wanted and row["outcome"] in REUSABLE]
    found.sort(key=lambda row: row["changed_at"])
    return {
        row["key"]: Earlier(
            outcome=row["outcome"],
            score=row["score"],
            reason=row["reason"],
            duration_seconds=row["duration_seconds"],
            reused_from=row["reused_from"] or row["attempt_id"],
        )
        for row in found
    }
