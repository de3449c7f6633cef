"""Changes of whole runs by users and the ledger, with their facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import (
    AttemptRecalled,
    RunCancelled,
    RunCancelling,
    RunChanged,
    RunPaused,
    RunResumed,
    RunStalled,
    RunWarned,
)
from assay.contracts.models import CallFault, StoppedModel
from assay.contracts.money import Usd
from assay.contracts.runs import Progress, RunLimits, RunStatus, RunView, Wait, WaitReason
from assay.contracts.verdicts import Outcome
from tests.web.scripted_gateway.scripted_runs import ScriptedRun, ScriptedRuns, now, progress_of

_REUSABLE = {Outcome.PASSED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.AGENT_ERROR}


def pause(runs: ScriptedRuns, run_id: str) -> RunView:
    scripted = runs.by_id[run_id]
    runs.change_run(scripted, RunPaused, status=RunStatus.PAUSED)
    for row in [row for row in scripted.attempts if row.state is State.QUEUED]:
        recall(runs, row, "The run was paused.")
    return scripted.run


def resume(runs: ScriptedRuns, run_id: str) -> RunView:
    status = RunStatus.RUNNING if runs.by_id[run_id].run.started_at else RunStatus.WAITING
    runs.change_run(runs.by_id[run_id], RunResumed, status=status, waits=None)
    return runs.by_id[run_id].run


def recall(runs: ScriptedRuns, attempt: AttemptView, cause: str) -> None:
    scripted = runs.by_id[attempt.run_id]
    row = replace(attempt, state=State.WAITING, changed_at=now())
    scripted.attempts[row.ordinal] = row
    scripted.run = replace(scripted.run, progress=progress_of(scripted.attempts))
    runs.publish(scripted, AttemptRecalled(attempt=row, progress=scripted.run.progress, cause=cause))


def cancel(runs: ScriptedRuns, run_id: str) -> RunView:
    """Attempts that have not started end immediately, the others when ``end_grace`` is called."""
    scripted = runs.by_id[run_id]
    _cancel_attempts(scripted, State.WAITING, State.QUEUED)
    if not scripted.unfinished:
        return end_grace(runs, run_id)
    runs.change_run(scripted, RunCancelling, status=RunStatus.CANCELLING, waits=None, reason="It was cancelled.")
    return scripted.run


def end_grace(runs: ScriptedRuns, run_id: str) -> RunView:
    scripted = runs.by_id[run_id]
    _cancel_attempts(scripted, *State)
    reason = "It was cancelled."
    runs.change_run(scripted, RunCancelled, status=RunStatus.CANCELLED, finished_at=now(), waits=None, reason=reason)
    return scripted.run


def _cancel_attempts(scripted: ScriptedRun, *states: State) -> None:
    for row in scripted.unfinished:
        if row.state in states:
            done = replace(row, state=State.DONE, outcome=Outcome.CANCELLED, held_usd="0", changed_at=now())
            scripted.attempts[row.ordinal] = done


def change(runs: ScriptedRuns, run_id: str, limits: RunLimits | None, priority: int | None) -> RunView:
    scripted = runs.by_id[run_id]
    run = scripted.run
    runs.change_run(scripted, RunChanged, limits=limits or run.limits, priority=priority or run.priority)
    return scripted.run


def wait(
    runs: ScriptedRuns, run_id: str, reason: WaitReason | None, detail: str = "", until: datetime | None = None
) -> None:
    waits = Wait(reason=reason, detail=detail, since=now(), until=until) if reason else None
    runs.change_run(runs.by_id[run_id], RunChanged, waits=waits)


def stop_model(runs: ScriptedRuns, run_id: str, model: str, reason: str, remedy: str) -> None:
    stopped = StoppedModel(model=model, fault=CallFault.AUTHENTICATION, reason=reason, remedy=remedy, at=now())
    runs.change_run(runs.by_id[run_id], RunChanged, stopped_models=(stopped,))


def warn(runs: ScriptedRuns, run_id: str, account: str, percent: int, message: str, limit: Usd | None = None) -> None:
    scripted = runs.by_id[run_id]
    progress: Progress = scripted.run.progress
    fields: dict[str, Any] = {
        "account": account,
        "percent": percent,
        "spent_usd": progress.cost_usd,
        "held_usd": progress.held_usd,
        "limit_usd": limit or scripted.run.limits.cost_usd,
        "message": message,
    }
    runs.change_run(scripted, RunWarned, fields)


def stall(runs: ScriptedRuns, run_id: str, reason: str, seconds: float = 600) -> None:
    runs.change_run(runs.by_id[run_id], RunStalled, {"seconds": seconds, "reason": reason})


def restart(runs: ScriptedRuns, run_id: str, fresh: bool, limits: RunLimits | None) -> RunView:
    """A new run of the same request; it reuses results unless ``fresh``."""
    old = runs.by_id[run_id]
    new = runs.submit(replace(old.request, limits=limits or old.run.limits))
    new.run = replace(new.run, restarts=run_id)
    if not fresh:
        for row, known in zip(list(new.attempts), old.attempts, strict=True):
            if known.outcome in _REUSABLE:
                new.attempts[row.ordinal] = _reused(row, known)
    new.run = replace(new.run, progress=progress_of(new.attempts))
    return new.run


def _reused(row: AttemptView, known: AttemptView) -> AttemptView:
    return replace(
        row, state=State.DONE, outcome=known.outcome, score=known.score, reused_from=known.attempt_id, changed_at=now()
    )
