"""What follows for the attempts of a run that is paused, being cancelled, out of time, or out of money."""

from __future__ import annotations

from collections.abc import Mapping

from services.ledger.memory.changes import change_attempt, record
from services.ledger.memory.funding import recall
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import finished, recalled
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def wind_down(store: MemoryStore) -> int:
    """End attempts of runs that are being cancelled; returns how many. The run's own fact tells of them all."""
    ended: list[Row] = []
    for run in store.runs:
        if run["status"] == "cancelling":
            ended += [_end(store, run, row) for row in store.attempts.of(run["run_id"]) if _ends(store, run, row)]
    record(store, [], ended=ended)
    return len(ended)


def recall_paused(store: MemoryStore) -> int:
    """What paused runs had ordered waits again; returns how many attempts."""
    ordered = [store.attempts[order["attempt_id"]] for order in store.orders if order["stage"] == "run"]
    queued = [row for row in ordered if row["state"] == "queued"]
    rows = [recall(store, row) for row in queued if store.runs[row["run_id"]]["status"] == "paused"]
    record(store, [Change(row, recalled("the run is paused")) for row in rows])
    return len(rows)


def end_limited(store: MemoryStore, reasons: Mapping[str, str]) -> list[Change]:
    """These waiting attempts will never have money: they end as ``limit``, each with its reason."""
    changes: list[Change] = []
    for attempt_id, reason in reasons.items():
        row = store.attempts[attempt_id]
        ended = {"state": "done", "outcome": "limit", "score": None, "reason": reason}
        changes.append(Change(change_attempt(store, row, token=row["token"] + 1, **ended), finished))
    return changes


def _ends(store: MemoryStore, run: Row, attempt: Row) -> bool:
    """Not begun: at once. Begun: when the grace is over."""
    return attempt["state"] in ("waiting", "queued") or (attempt["state"] != "done" and run["cancel_at"] <= store.at)


def _end(store: MemoryStore, run: Row, attempt: Row) -> Row:
    """The token is raised, so that its worker hears of it."""
    store.orders.delete(attempt["attempt_id"])
    ended = {"state": "done", "outcome": "cancelled", "reason": run["reason"], "lease_until": None, "worker_id": ""}
    return change_attempt(store, attempt, token=attempt["token"] + 1, **ended)
