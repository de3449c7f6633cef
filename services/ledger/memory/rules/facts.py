"""Facts about attempts and runs, each made of what it tells of."""

from __future__ import annotations

import msgspec

from assay.contracts.attempts import AttemptView, Stage, State
from assay.contracts.facts import (
    AttemptCharged,
    AttemptFinished,
    AttemptGrading,
    AttemptHandedIn,
    AttemptQueued,
    AttemptRecalled,
    AttemptRequeued,
    AttemptStarted,
    Fact,
    RunChanged,
    RunFinished,
    RunSubmitted,
)
from assay.contracts.runs import Progress, RunView
from assay.contracts.verdicts import Verdict
from services.ledger.memory.rules.changes import FactMaker, FactRow, fact_row
from services.ledger.memory.rules.rows import Row
from services.ledger.memory.rules.views import run_view


def facts_of_submission(run: Row) -> list[FactRow]:
    """A new run's first fact, and its last, too, where all of it was done before. ``run`` has ``at``."""
    view = run_view(run)
    messages: list[Fact] = [RunSubmitted(run=msgspec.structs.replace(view, sequence=1))]
    if view.sequence > 1:
        messages.append(RunFinished(run=view))
    return [fact_row(run, place, view.run_id, fact) for place, fact in enumerate(messages, start=1)]


def changed(run: RunView) -> RunChanged:
    return RunChanged(run=run)


def queued(attempt: AttemptView, progress: Progress) -> AttemptQueued:
    return AttemptQueued(attempt=attempt, progress=progress)


def recalled(cause: str) -> FactMaker:
    """The attempt was ordered and waits again."""

    def fact(attempt: AttemptView, progress: Progress) -> AttemptRecalled:
        return AttemptRecalled(attempt=attempt, progress=progress, cause=cause)

    return fact


def fact_of_claim(stage: Stage, worker_id: str) -> FactMaker:
    kind = AttemptStarted if stage is Stage.RUN else AttemptGrading

    def fact(attempt: AttemptView, progress: Progress) -> AttemptStarted | AttemptGrading:
        return kind(attempt=attempt, progress=progress, worker_id=worker_id)

    return fact


def fact_of_expiry(attempt: AttemptView, progress: Progress) -> AttemptRequeued | AttemptFinished:
    """Its lease ran out."""
    if attempt.state is State.DONE:
        return AttemptFinished(attempt=attempt, progress=progress)
    return AttemptRequeued(attempt=attempt, progress=progress, cause=attempt.reason, back_to=attempt.state)


def fact_of_execution(attempt: AttemptView, progress: Progress) -> AttemptHandedIn | AttemptRequeued | AttemptFinished:
    """The report of its runner was taken in."""
    if attempt.state is State.EXECUTED:
        return AttemptHandedIn(attempt=attempt, progress=progress)
    if attempt.state is State.QUEUED:
        return AttemptRequeued(attempt=attempt, progress=progress, cause=attempt.reason, back_to=State.QUEUED)
    return AttemptFinished(attempt=attempt, progress=progress)


def fact_of_judgement(verdict: Verdict) -> FactMaker:
    """The report of its judge was taken in."""

    def fact(attempt: AttemptView, progress: Progress) -> AttemptRequeued | AttemptFinished:
        if attempt.state is State.GRADING:
            return AttemptRequeued(attempt=attempt, progress=progress, cause=attempt.reason, back_to=State.GRADING)
        return AttemptFinished(attempt=attempt, progress=progress, verdict=verdict)

    return fact


def finished(attempt: AttemptView, progress: Progress) -> AttemptFinished:
    return AttemptFinished(attempt=attempt, progress=progress)


def charged(attempt: AttemptView, progress: Progress) -> AttemptCharged:
    """Money moved, and nothing else."""
    return AttemptCharged(attempt=attempt, progress=progress)
