"""Settling holds: what was spent is posted, the rest released; each hold once, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.memory.accounts import open_accounts, transfer
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.postgres.settling import Bill, Settled, _closing, _excess, _spread
from services.ledger.rules.accounts import Transfer


def settle(store: MemoryStore, bills: Sequence[Bill]) -> tuple[list[Settled], list[Row]]:
    """Post each bill against the hold of its try; returns what it came to, and the accounts that changed. What a lost
    hold posted already covers the bill that comes late (a try has one); what goes beyond is booked as excess."""
    settled: list[Settled] = []
    transfers: list[Transfer] = []
    for bill in bills:
        hold = store.holds.get((bill.attempt_id, bill.token))
        posted, released, cover = 0, 0, 0
        if hold is not None and hold["state"] == "held":
            posted, released = min(bill.total_nanousd, hold["amount_nanousd"]), hold["amount_nanousd"]
            cover = posted
            transfers.append(_closing(hold, posted))
            _close(store, hold, posted)
        elif hold is not None and hold["lost"]:
            cover = hold["posted_nanousd"]
        excess = max(0, bill.total_nanousd - cover)
        if excess:
            transfers.append(_excess(bill, excess))
        for call_id, from_hold, beyond in _spread(bill.costs, posted, excess):
            store.calls.change(call_id, posted_nanousd=from_hold, excess_nanousd=beyond)
        settled.append(Settled(bill.attempt_id, posted, excess, released))
    return settled, _move(store, transfers)


def settle_lost(store: MemoryStore, holds: Sequence[Row]) -> list[Row]:
    """Post all of each hold, for nobody will tell what was spent of it; returns the accounts that changed."""
    for hold in holds:
        _close(store, hold, hold["amount_nanousd"], lost=True)
    return _move(store, [_closing(hold, hold["amount_nanousd"]) for hold in holds])


def _move(store: MemoryStore, transfers: Sequence[Transfer]) -> list[Row]:
    names = sorted({name for each in transfers for name in each.accounts if name.startswith("excess:")})
    open_accounts(store, dict.fromkeys(names))
    return transfer(store, transfers)


def _close(store: MemoryStore, hold: Row, posted: int, *, lost: bool = False) -> None:
    key = hold["attempt_id"], hold["token"]
    store.holds.change(key, posted_nanousd=posted, lost=lost, state="posted" if posted else "voided")
