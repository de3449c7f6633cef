"""Money for claims: tries that are begun have their worst case reserved, the others wait again."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.attempts import Denial, Denied
from services.ledger.memory.changes import change_attempt
from services.ledger.memory.reserving import reserve
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import recalled
from services.ledger.memory.rules.funding import Funding, funded, turn
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def fund(store: MemoryStore, rows: Sequence[Row]) -> tuple[list[Row], Funding]:
    """Of the attempts just claimed, those that can be paid for, with what is held for them; the rest is recalled."""
    funding = Funding()
    priced = [row for row in rows if row["worst_nanousd"] and not row["again"]]
    grants = _earlier(store, [row for row in rows if row["again"]])
    projects = {row["run_id"]: store.runs[row["run_id"]]["project"] for row in priced}
    reserved = reserve(store, sorted(priced, key=turn), projects)
    funding.spends = reserved.spends()
    for attempt_id, reason in reserved.refused.items():
        funding.denied.append(Denied(attempt_id=attempt_id, reason=Denial.BUDGET))
        row = recall(store, store.attempts[attempt_id])
        funding.changes.append(Change({**row, "was": "queued"}, recalled(reason)))
    kept = [row for row in rows if row["attempt_id"] not in reserved.refused]
    return [dict(funded(row, reserved, grants)) for row in kept], funding


def recall(store: MemoryStore, attempt: Row) -> Row:
    """It waits again, under a new token, so that an order already out is worth nothing."""
    store.orders.delete(attempt["attempt_id"])
    tries = attempt["tries"] - (attempt["state"] == "running")
    lease = {"worker_id": "", "lease_until": None}
    return change_attempt(store, attempt, state="waiting", token=attempt["token"] + 1, tries=tries, **lease)


def _earlier(store: MemoryStore, rows: Sequence[Row]) -> dict[str, int]:
    """What the same claim got when it was made before."""
    holds = [store.holds.get((row["attempt_id"], row["token"])) for row in rows]
    return {
        hold["attempt_id"]: hold["amount_nanousd"] for hold in holds if hold is not None and hold["state"] == "held"
    }
