"""What follows every change of attempts, in the same transaction: the run's counters, its facts, the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from assay.contracts.runs import RunLimits
from services.ledger.memory.rules.changes import (
    COUNTERS,
    Change,
    Delta,
    FactRow,
    Note,
    Spend,
    deltas_of,
    facts_of,
    untold,
)
from services.ledger.memory.rules.control import ENDED
from services.ledger.memory.rules.facts import charged
from services.ledger.memory.rules.rows import from_jsonb
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def change_attempt(store: MemoryStore, attempt: Row, **columns: Any) -> Row:
    """The attempt's new row, with ``was``: its state before."""
    row = store.attempts.change(attempt["attempt_id"], changed_at=store.at, **columns)
    return {**row, "was": attempt["state"]}


def record(
    store: MemoryStore,
    changes: Sequence[Change],
    spends: Iterable[Spend] = (),
    notes: Sequence[Note] = (),
    ended: Sequence[Row] = (),
) -> None:
    """Count the changes and the spends, and store a fact for each change and note, and for each attempt whose money
    moved without one. ``ended`` are attempts that ended together with their runs."""
    spends = list(spends)
    settled = [store.attempts[attempt_id] for attempt_id in untold(changes, spends)]
    changes = [*changes, *(Change({**row, "was": row["state"]}, charged) for row in settled)]
    deltas = deltas_of(changes, spends, notes, ended)
    runs = [_count(store, run_id, deltas[run_id]) for run_id in sorted(deltas)]
    store_facts(store, facts_of(runs, changes, notes))


def store_facts(store: MemoryStore, facts: Iterable[FactRow]) -> None:
    for run_id, sequence, subject, body in facts:
        fact = {"run_id": run_id, "sequence": sequence, "subject": subject, "body": body, "at": store.at}
        store.facts.insert((run_id, sequence), fact)
        publish_fact(store, run_id, sequence)


def publish_fact(store: MemoryStore, run_id: str, sequence: int) -> None:
    """After all that are to be published already."""
    position = store.next_position()
    store.pending_facts.insert(position, {"position": position, "run_id": run_id, "sequence": sequence})


def _count(store: MemoryStore, run_id: str, delta: Delta) -> Row:
    old = store.runs[run_id]
    new: Row = {name: old[name] + delta.counts[name] for name in COUNTERS if delta.counts[name]}
    starts = old["started_at"] is None and delta.started
    ends = old["status"] not in ENDED and new.get("n_done", old["n_done"]) == old["total"]
    if delta.moved:
        new |= {"progressed_at": store.at, "stalled_at": None}
    if starts:
        seconds = from_jsonb(RunLimits, old["limits"]).seconds
        new |= {"started_at": store.at, "deadline_at": store.at + timedelta(seconds=seconds)}
    if delta.started and old["status"] == "waiting":
        new["status"] = "running"
    if ends:
        status = "cancelled" if old["status"] == "cancelling" else "finished"
        new |= {"finished_at": store.at, "waits": None, "status": status}
    new["sequence"] = old["sequence"] + delta.facts + starts + ends
    row = store.runs.change(run_id, **new)
    return {**row, "was_sequence": old["sequence"], "starts": starts, "ends": ends, "at": store.at}
