"""Reserving money for tries, at the claim; all or nothing for each, never above a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.ledger.memory.accounts import open_paths, transfer
from services.ledger.memory.rules.accounts import Transfer, left, no_room
from services.ledger.memory.rules.funding import Reserved
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def reserve(store: MemoryStore, attempts: Sequence[Row], projects: Mapping[str, str]) -> Reserved:
    """Hold each attempt's worst case under its token, in order, for as many as there is room. ``projects`` by run."""
    reserved = Reserved()
    paths = open_paths(store, projects.values())
    for attempt in attempts:
        attempt_id, token, amount = attempt["attempt_id"], attempt["token"], attempt["worst_nanousd"]
        accounts = (f"run:{attempt['run_id']}", *paths[projects[attempt["run_id"]]])
        refusal = full(store, accounts, amount)
        if refusal is not None:
            reserved.refused[attempt_id] = refusal[1]
            continue
        transfer(store, [Transfer(f"{attempt_id}:{token}:hold", "hold", attempt_id, token, accounts, amount)])
        hold = {"attempt_id": attempt_id, "token": token, "accounts": list(accounts), "amount_nanousd": amount}
        state = {"posted_nanousd": 0, "state": "held", "lost": False, "held_at": store.at}
        store.holds.insert((attempt_id, token), hold | state)
        held = store.attempts[attempt_id]["held_nanousd"]
        store.attempts.change(attempt_id, held_nanousd=held + amount)
        reserved.held[attempt_id] = amount
    return reserved


def full(store: MemoryStore, accounts: Sequence[str], amount: int) -> tuple[Row, str] | None:
    """The first account without room for so much, and the same in words; None when there is room in all."""
    for account in accounts:
        row = store.accounts[account]
        free = left(row)
        if free is not None and free < amount:
            return row, no_room(row, free, amount)
    return None
