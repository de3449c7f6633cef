"""The inbox: each report is taken in once, in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.codec import digest
from services.ledger.errors import contradiction
from services.ledger.memory.store import MemoryStore

R = TypeVar("R", AttemptExecuted, AttemptJudged)


def take_in(store: MemoryStore, reports: Sequence[R]) -> list[R]:
    """Those not taken in before. Raises Contradiction for one that bears the id of another."""
    fresh: list[R] = []
    for report in reports:
        known, content = store.inbox.get(report.message_id), digest(report)
        if known is None:
            store.inbox.insert(report.message_id, {"message_id": report.message_id, "digest": content})
            fresh.append(report)
        elif known["digest"] != content:
            raise contradiction(report.message_id)
    return fresh
