"""A run in the fake ledger."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import (
    AttemptFinished,
    AttemptGrading,
    AttemptHandedIn,
    AttemptQueued,
    AttemptStarted,
    Fact,
)
from assay.contracts.ids import attempt_id
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome, Verdict

NEXT = {
    State.WAITING: State.QUEUED,
    State.QUEUED: State.RUNNING,
    State.RUNNING: State.EXECUTED,
    State.EXECUTED: State.GRADING,
    State.GRADING: State.DONE,
}


def now() -> datetime:
    return datetime.now(UTC)


class FakeRun:
    """``artifacts`` belong to all attempts, ``artifacts_of`` to one, by its id."""

    def __init__(self, run: RunView, rows: list[AttemptView]) -> None:
        self.run = run
        self.rows = rows
        self.events: list[bytes] = []
        self.artifacts: dict[str, ArtifactRef] = {}
        self.artifacts_of: dict[str, dict[str, ArtifactRef]] = {}

    @property
    def unfinished(self) -> list[AttemptView]:
        return [row for row in self.rows if row.state is not State.DONE]


def new_fake_run(run_id: str, attempts: int, suite: str, name: str) -> FakeRun:
    """A run whose attempts are all waiting."""
    rows = [
        AttemptView(
            attempt_id=attempt_id(run_id, ordinal),
            run_id=run_id,
            ordinal=ordinal,
            task_id="add_two",
            category="coding",
            sample_id="main",
            model="nop",
            repeat=ordinal,
            state=State.WAITING,
            changed_at=now(),
        )
        for ordinal in range(attempts)
    ]
    run = RunView(
        run_id=run_id,
        project="default",
        name=name,
        suite=suite,
        status=RunStatus.WAITING,
        created_at=now(),
        models=("nop",),
        task_ids=("add_two",),
        repeats=attempts,
        progress=Progress(total=attempts, waiting=attempts),
        sequence=0,
    )
    return FakeRun(run, rows)


def progress_of(rows: list[AttemptView]) -> Progress:
    count = Counter(row.state for row in rows)
    done = count[State.DONE]
    return Progress(
        total=len(rows),
        waiting=count[State.WAITING],
        queued=count[State.QUEUED],
        running=count[State.RUNNING],
        executed=count[State.EXECUTED],
        grading=count[State.GRADING],
        done=done,
        outcomes={Outcome.PASSED: done} if done else {},
    )


def fact_of(row: AttemptView, progress: Progress) -> Fact:
    match row.state:
        case State.QUEUED:
            return AttemptQueued(attempt=row, progress=progress)
        case State.RUNNING:
            return AttemptStarted(attempt=row, progress=progress, worker_id="w")
        case State.EXECUTED:
            return AttemptHandedIn(attempt=row, progress=progress)
        case State.GRADING:
            return AttemptGrading(attempt=row, progress=progress, worker_id="j")
        case _:
            return AttemptFinished(attempt=row, progress=progress, verdict=Verdict(outcome=Outcome.PASSED, score=1.0))
