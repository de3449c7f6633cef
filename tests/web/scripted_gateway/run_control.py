"""What is done to whole runs, by users and by the ledger, with the facts that tell of it."""

from __future__ import annotations

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
from assay.contracts.money import Usd
from assay.contracts.runs import Progress, RunLimits, RunStatus, RunView, Wait, WaitReason
from assay.contracts.verdicts import Outcome
from tests.web.scripted_gateway.scripted_runs import Play, Played, now, progress_of

_TAKEN_OVER = {Outcome.PASSED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.AGENT_ERROR}


def pause(play: Play, run_id: str) -> RunView:
    played = play.runs[run_id]
    play.change(played, RunPaused, status=RunStatus.PAUSED)
    for row in [row for row in played.attempts if row.state is State.QUEUED]:
        recall(play, row, "The run was paused.")
    return played.run


def resume(play: Play, run_id: str) -> RunView:
    status = RunStatus.RUNNING if play.runs[run_id].run.started_at else RunStatus.WAITING
    play.change(play.runs[run_id], RunResumed, status=status, waits=None)
    return play.runs[run_id].run


def recall(play: Play, attempt: AttemptView, cause: str) -> None:
    played = play.runs[attempt.run_id]
    row = replace(attempt, state=State.WAITING, changed_at=now())
    played.attempts[row.ordinal] = row
    played.run = replace(played.run, progress=progress_of(played.attempts))
    play.say(played, AttemptRecalled(attempt=row, progress=played.run.progress, cause=cause))


def cancel(play: Play, run_id: str) -> RunView:
    """What was not begun ends at once, what was begun when ``end_grace`` says so."""
    played = play.runs[run_id]
    _end(played, State.WAITING, State.QUEUED)
    if not played.waiting:
        return end_grace(play, run_id)
    play.change(played, RunCancelling, status=RunStatus.CANCELLING, waits=None, reason="It was cancelled.")
    return played.run


def end_grace(play: Play, run_id: str) -> RunView:
    played = play.runs[run_id]
    _end(played, *State)
    reason = "It was cancelled."
    play.change(played, RunCancelled, status=RunStatus.CANCELLED, finished_at=now(), waits=None, reason=reason)
    return played.run


def _end(played: Played, *states: State) -> None:
    for row in played.waiting:
        if row.state in states:
            done = replace(row, state=State.DONE, outcome=Outcome.CANCELLED, held_usd="0", changed_at=now())
            played.attempts[row.ordinal] = done


def change(play: Play, run_id: str, limits: RunLimits | None, priority: int | None) -> RunView:
    played = play.runs[run_id]
    run = played.run
    play.change(played, RunChanged, limits=limits or run.limits, priority=priority or run.priority)
    return played.run


def wait(play: Play, run_id: str, reason: WaitReason | None, detail: str = "") -> None:
    waits = Wait(reason=reason, detail=detail, since=now()) if reason else None
    play.change(play.runs[run_id], RunChanged, waits=waits)


def warn(play: Play, run_id: str, account: str, percent: int, message: str, limit: Usd | None = None) -> None:
    played = play.runs[run_id]
    progress: Progress = played.run.progress
    told: dict[str, Any] = {
        "account": account,
        "percent": percent,
        "spent_usd": progress.cost_usd,
        "held_usd": progress.held_usd,
        "limit_usd": limit or played.run.limits.cost_usd,
        "message": message,
    }
    play.change(played, RunWarned, told)


def stall(play: Play, run_id: str, reason: str, seconds: float = 600) -> None:
    play.change(play.runs[run_id], RunStalled, {"seconds": seconds, "reason": reason})


def restart(play: Play, run_id: str, fresh: bool, limits: RunLimits | None) -> RunView:
    """A new run of the same request; unless ``fresh`` with the results that are there."""
    old = play.runs[run_id]
    new = play.submit(replace(old.request, limits=limits or old.run.limits))
    new.run = replace(new.run, restarts=run_id)
    if not fresh:
        for row, known in zip(list(new.attempts), old.attempts, strict=True):
            if known.outcome in _TAKEN_OVER:
                new.attempts[row.ordinal] = _taken_over(row, known)
    new.run = replace(new.run, progress=progress_of(new.attempts))
    return new.run


def _taken_over(row: AttemptView, known: AttemptView) -> AttemptView:
    return replace(
        row, state=State.DONE, outcome=known.outcome, score=known.score, reused_from=known.attempt_id, changed_at=now()
    )
