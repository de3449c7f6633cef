"""Claims: what a worker is given, and why it is not."""

from __future__ import annotations

from typing import NamedTuple

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Denial, Stage, State, Ticket
from assay.contracts.runs import RunPlan
from services.ledger.memory.rules.rows import Row

BASELINES = ("oracle", "nop")
"""Models that may see a task's reference."""


class HandedIn(NamedTuple):
    """What the last try that was executed left: what it handed in, and its ``result.json``."""

    output: ArtifactRef | None = None
    result: ArtifactRef | None = None


def ticket(row: Row, plan: RunPlan, stage: Stage, lease_seconds: float, handed_in: HandedIn) -> Ticket:
    """A row that was funded has ``grant``."""
    task, pin = plan.tasks[row["task_index"]], plan.models[row["model_index"]]
    running = stage is Stage.RUN
    return Ticket(
        attempt_id=row["attempt_id"],
        token=row["token"],
        project=plan.project,
        lease_seconds=lease_seconds,
        task_id=task.task_id,
        task_digest=task.digest,
        sample_id=row["sample_id"],
        repeat=row["repeat"],
        model=pin.model,
        solver=task.solver,
        limits=task.limits,
        price=pin.price,
        grant_nanousd=row.get("grant", 0),
        run_limit_usd=plan.limits.cost_usd,
        public=task.public if running else None,
        reference=task.reference if running and pin.model.name in BASELINES else None,
        hidden=None if running else task.hidden,
        output=handed_in.output,
        result=handed_in.result,
        sandbox=plan.sandbox,
        replay=pin.replay if running else None,
        include_tests=plan.include_tests,
        install_deps=plan.install_deps,
    )


def denial(row: Row | None, token: int) -> Denial:
    """Why a claim under this token is not granted."""
    if row is None:
        return Denial.UNKNOWN
    if row["state"] == State.DONE:
        return Denial.CANCELLED if row["outcome"] == "cancelled" else Denial.DONE
    return Denial.LEASED if row["token"] == token else Denial.SUPERSEDED


def is_under_way(row: Row | None, token: int) -> bool:
    """Whether the try with this token is the attempt's present one."""
    return row is not None and row["state"] == State.RUNNING and row["token"] == token
