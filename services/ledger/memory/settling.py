"""Settling holds: what was spent is posted, the rest released; each hold once, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.memory.accounts import open_accounts, transfer
from services.ledger.memory.rules.accounts import Transfer
from services.ledger.memory.rules.settling import Bill, Settled, closing, excess_accounts, settled
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def settle(store: MemoryStore, bills: Sequence[Bill]) -> tuple[list[Settled], list[Row]]:
    """Post each bill against the hold of its try; returns what it came to, and the accounts that changed."""
    done: list[Settled] = []
    for bill in bills:
        hold = store.holds.get((bill.attempt_id, bill.token))
        each = settled(bill, hold)
        if hold is not None and each.closed:
            _close(store, hold, each.posted_nanousd)
        for call_id, from_hold, beyond in each.receipts:
            store.calls.change(call_id, posted_nanousd=from_hold, excess_nanousd=beyond)
        done.append(each)
    return done, _move(store, [transfer for each in done for transfer in each.transfers])


def settle_lost(store: MemoryStore, holds: Sequence[Row]) -> list[Row]:
    """Post all of each hold, for nobody will tell what was spent of it; returns the accounts that changed."""
    for hold in holds:
        _close(store, hold, hold["amount_nanousd"], lost=True)
    return _move(store, [closing(hold, hold["amount_nanousd"]) for hold in holds])


def _move(store: MemoryStore, transfers: Sequence[Transfer]) -> list[Row]:
    open_accounts(store, excess_accounts(transfers))
    return transfer(store, transfers)


def _close(store: MemoryStore, hold: Row, posted: int, *, lost: bool = False) -> None:
    key = hold["attempt_id"], hold["token"]
    store.holds.change(key, posted_nanousd=posted, lost=lost, state="posted" if posted else "voided")
