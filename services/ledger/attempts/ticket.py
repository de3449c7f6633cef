"""Tickets: what a worker gets for a granted claim, and why a claim is denied."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Denial, Regrade, Stage, State, Ticket
from assay.contracts.judging import JudgeModel
from assay.contracts.models import BASELINES
from assay.contracts.providers import Provider
from assay.contracts.runs import RunPlan
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.rows import Row


class SubmittedOutput(Row):
    """What the attempt's last executed try stored: its output, and its ``result.json``."""

    attempt_id: str
    output: ArtifactRef | None
    result: ArtifactRef | None


class AttemptStatus(Row):
    """As much of an attempt as decides about a claim."""

    attempt_id: str
    state: State
    outcome: Outcome | None
    token: int


def ticket_for(
    attempt: AttemptRow,
    plan: RunPlan,
    stage: Stage,
    lease_seconds: float,
    *,
    grant_nanousd: int = 0,
    submitted: SubmittedOutput | None = None,
    run_seconds_left: float | None = None,
    provider: Provider | None = None,
    regrade: Regrade | None = None,
    judges: tuple[JudgeModel, ...] = (),
) -> Ticket:
    task, pin = plan.tasks[attempt.task_index], plan.models[attempt.model_index]
    running = stage is Stage.RUN
    return Ticket(
        attempt_id=attempt.attempt_id,
        token=attempt.token,
        project=plan.project,
        lease_seconds=lease_seconds,
        task_id=task.task_id,
        task_digest=task.digest,
        sample_id=attempt.sample_id,
        repeat=attempt.repeat,
        model=pin.model,
        solver=task.solver,
        limits=task.limits,
        price=pin.price,
        grant_nanousd=grant_nanousd,
        run_limit_usd=plan.limits.cost_usd,
        public=task.public if running else None,
        reference=task.reference if running and pin.model.name in BASELINES else None,
        hidden=None if running else task.hidden,
        output=submitted.output if submitted else None,
        result=submitted.result if submitted else None,
        sandbox=plan.sandbox,
        replay=pin.replay if running else None,
        include_tests=plan.include_tests,
        install_deps=plan.install_deps,
        run_seconds_left=run_seconds_left,
        provider=provider,
        regrade=regrade,
        judges=judges,
    )


def denial(attempt: AttemptStatus | None, token: int) -> Denial:
    """Why a claim under this token is not granted."""
    if attempt is None:
        return Denial.UNKNOWN
    if attempt.state is State.DONE:
        return Denial.CANCELLED if attempt.outcome is Outcome.CANCELLED else Denial.DONE
    return Denial.LEASED if attempt.token == token else Denial.SUPERSEDED
