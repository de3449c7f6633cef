"""Runs that stand still, and why."""

from __future__ import annotations

from assay.contracts.facts import RunStalled
from assay.contracts.runs import RunView, Wait, WaitReason
from services.ledger.memory.rules.changes import Note
from services.ledger.memory.rules.rows import Row, from_jsonb


def stalled(row: Row, judges: int) -> Note:
    """The run has not changed for ``seconds``; ``judges`` is the slots of the judges alive."""

    def fact(run: RunView) -> RunStalled:
        return RunStalled(run=run, seconds=row["seconds"], reason=_why(row, judges))

    return Note(row["run_id"], fact)


def _why(run: Row, judges: int) -> str:
    wait = from_jsonb(Wait, run["waits"])
    if run["n_executed"] + run["n_grading"] and not judges:
        graded = run["n_executed"] + run["n_grading"]
        return f"{graded} attempts wait to be graded, and no judge is alive ({WaitReason.NO_JUDGE})"
    if wait is not None:
        return f"{run['n_waiting']} attempts wait: {wait.detail} ({wait.reason})"
    if run["n_running"]:
        return f"{run['n_running']} attempts are under way, and their runner has said nothing new of them"
    if run["n_queued"]:
        return f"{run['n_queued']} attempts are ordered and no runner has taken them: all are busy, or the bus is away"
    return f"{run['n_waiting']} attempts wait for their turn"
