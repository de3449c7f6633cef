"""Saying in time that money runs out, once for each share of a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.ledger.memory.rules.changes import Note
from services.ledger.memory.rules.warnings import percent_reached, warning
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def warnings(
    store: MemoryStore, accounts: Sequence[Row], run_ids: Mapping[str, str], *, at_limit: bool = False
) -> list[Note]:
    """A note for each account that has just reached a share of its limit, told by a run of its project (``run_ids``).
    ``at_limit``: something did not fit any more."""
    notes: list[Note] = []
    for account in accounts:
        percent = 100 if at_limit else percent_reached(account)
        if percent > store.accounts[account["account"]]["warned_percent"]:
            store.accounts.change(account["account"], warned_percent=percent)
            notes.append(warning(account, percent, run_ids))
    return notes
