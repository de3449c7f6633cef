"""Rows of ``attempts`` and ``tries``, and how they are shown."""

from __future__ import annotations

from datetime import datetime

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempt_detail import TryView
from assay.contracts.attempts import AttemptView, State
from assay.contracts.audit import AuditFlag
from assay.contracts.evaluation import Evaluation
from assay.contracts.money import usd
from assay.contracts.verdicts import Outcome
from services.ledger.database.rows import Row
from services.ledger.money.usage import UsageRow


class AttemptRow(UsageRow):
    """A whole row of ``attempts``. ``worst_nanousd`` is the most its first request can cost, ``held_nanousd`` the
    amount reserved now; ``task_index`` and ``model_index`` point into the run's plan."""

    attempt_id: str
    run_id: str
    ordinal: int
    task_index: int
    model_index: int
    task_id: str
    category: str
    sample_id: str
    model: str
    repeat: int
    key: str
    state: State
    token: int
    tries: int
    gradings: int
    worker_id: str
    outcome: Outcome | None
    score: float | None
    reason: str
    worst_nanousd: int
    held_nanousd: int
    reused_from: str
    flag_count: int
    impossible: bool
    cost_nanousd: int
    duration_seconds: float
    changed_at: datetime

    @property
    def impossible_scored(self) -> bool:
        return self.impossible and self.score is not None

    @property
    def flagged_pass(self) -> bool:
        return self.outcome is Outcome.PASSED and self.flag_count > 0

    @property
    def over_budget(self) -> bool:
        """A money limit ended it, which says nothing about the model; at its own limits it scores 0."""
        return self.outcome is Outcome.LIMIT and self.score is None

    def view(self) -> AttemptView:
        return AttemptView(
            attempt_id=self.attempt_id,
            run_id=self.run_id,
            ordinal=self.ordinal,
            task_id=self.task_id,
            category=self.category,
            sample_id=self.sample_id,
            model=self.model,
            repeat=self.repeat,
            state=self.state,
            outcome=self.outcome,
            score=self.score,
            reason=self.reason,
            tries=self.tries,
            cost_usd=usd(self.cost_nanousd),
            held_usd=usd(self.held_nanousd),
            flag_count=self.flag_count,
            impossible=self.impossible,
            usage=self.usage,
            reused_from=self.reused_from,
            duration_seconds=self.duration_seconds,
            changed_at=self.changed_at,
        )


class TryRow(Row):
    """A row of ``tries``: one physical execution and the artifacts it stored."""

    token: int
    worker_id: str
    started_at: datetime
    ended_at: datetime | None
    ended: str
    cause: str
    duration_seconds: float
    artifacts: dict[str, ArtifactRef] | None
    evaluation: Evaluation | None
    flags: tuple[AuditFlag, ...]

    def view(self) -> TryView:
        return TryView(
            token=self.token,
            worker_id=self.worker_id,
            started_at=self.started_at,
            ended_at=self.ended_at,
            ended=self.ended,
            cause=self.cause,
            duration_seconds=self.duration_seconds,
        )
