"""A run with three attempts of two models, as a followed run shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from assay.cli.run_state import RunState
from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import AttemptFinished
from assay.contracts.live import RunSnapshot
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = RunView(
    run_id="r",
    project="default",
    name="",
    suite="demo",
    status=RunStatus.RUNNING,
    created_at=NOW,
    models=("a/x", "b/y"),
    task_ids=("t",),
    repeats=1,
    progress=Progress(total=3),
    sequence=1,
)


def attempt(ordinal: int, model: str, **more: object) -> AttemptView:
    view = AttemptView(
        attempt_id=f"r-{ordinal}",
        run_id="r",
        ordinal=ordinal,
        task_id="t",
        category="c",
        sample_id="s",
        model=model,
        repeat=0,
        state=State.WAITING,
        changed_at=NOW,
    )
    return msgspec.structs.replace(view, **more)


def finished(view: AttemptView, outcome: Outcome, done: int, cost_usd: str = "0") -> AttemptFinished:
    ended = msgspec.structs.replace(view, state=State.DONE, outcome=outcome, cost_usd=cost_usd)
    return AttemptFinished(attempt=ended, progress=Progress(total=3, done=done))


def new_state() -> RunState:
    return RunState.from_snapshot(
        RunSnapshot(run=RUN, attempts=(attempt(0, "a/x"), attempt(1, "a/x"), attempt(2, "b/y")))
    )
