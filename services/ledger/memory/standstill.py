"""Runs that time runs out for: over their time limit, or standing still; both are said, with the reason."""

from __future__ import annotations

from datetime import timedelta

from assay.contracts.runs import RunLimits
from services.ledger.memory.changes import record
from services.ledger.memory.control import cancelled
from services.ledger.memory.rules.changes import Note
from services.ledger.memory.rules.control import GRACE_SECONDS, overdue
from services.ledger.memory.rules.rows import from_jsonb
from services.ledger.memory.rules.standstill import stalled
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row

_JUDGES_SILENCE = timedelta(seconds=15)


def end_overdue(store: MemoryStore) -> int:
    """Runs over their time limit are cancelled; what is under way has the usual seconds left."""
    runs = [run for run in store.runs if run["status"] in ("waiting", "running", "paused")]
    late = [run for run in runs if run["deadline_at"] is not None and run["deadline_at"] < store.at]
    for run in late:
        cancelled(store, run["run_id"], overdue(run), GRACE_SECONDS)
    return len(late)


def tell_stalled(store: MemoryStore) -> int:
    """Runs without any change for their no-progress window say so, once until the next change."""
    notes: list[Note] = []
    judges = sum(
        worker["slots"]
        for worker in store.workers
        if worker["stage"] == "judge" and worker["seen_at"] > store.at - _JUDGES_SILENCE
    )
    for run in store.runs:
        if _still(store, run):
            row = store.runs.change(run["run_id"], stalled_at=store.at)
            seconds = (store.at - run["progressed_at"]).total_seconds()
            notes.append(stalled({**row, "seconds": seconds}, judges))
    record(store, [], notes=notes)
    return len(notes)


def _still(store: MemoryStore, run: Row) -> bool:
    if run["status"] not in ("waiting", "running", "cancelling") or run["stalled_at"] is not None:
        return False
    window = timedelta(seconds=from_jsonb(RunLimits, run["limits"]).no_progress_seconds)
    return run["progressed_at"] < store.at - window
