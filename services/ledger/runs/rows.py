"""Rows of ``runs``, and how they are shown."""

from __future__ import annotations

from datetime import datetime

import msgspec

from assay.contracts.models import CallFault, StoppedModel
from assay.contracts.money import usd
from assay.contracts.runs import Progress, RunLimits, RunStatus, RunView, Wait
from assay.contracts.verdicts import Outcome
from services.ledger.database.rows import columns
from services.ledger.money.usage import UsageRow
from services.ledger.runs.causes import call_remedy

ACTIVE = "('waiting', 'running', 'paused', 'cancelling')"
"""In SQL: the statuses of runs that have not ended."""
ENDED = (RunStatus.FINISHED, RunStatus.CANCELLED)

STOP_AFTER = 3
"""A model is stopped after so many attempts in a row that failed alike."""


class FailingModel(msgspec.Struct, frozen=True):
    """A model whose last ``failures`` attempts of a run failed alike: an element of ``runs.failing_models``."""

    model: str
    fault: CallFault
    reason: str
    failures: int
    at: datetime

    @property
    def stopped(self) -> bool:
        return self.failures >= STOP_AFTER

    def view(self, run_id: str) -> StoppedModel:
        remedy = call_remedy(self.fault, run_id)
        return StoppedModel(model=self.model, fault=self.fault, reason=self.reason, remedy=remedy, at=self.at)


class RunRow(UsageRow):
    """A row of ``runs``: the run and its counters. ``sequence`` is that of its newest fact; ``n_*`` count attempts by
    state and outcome."""

    run_id: str
    project: str
    name: str
    suite: str
    status: RunStatus
    repeats: int
    models: tuple[str, ...]
    task_ids: tuple[str, ...]
    plan_digest: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    limits: RunLimits
    priority: int
    deadline_at: datetime | None
    waits: Wait | None
    failing_models: tuple[FailingModel, ...]
    served_models: dict[str, tuple[str, ...]]
    reason: str
    restarts: str
    regrades: str
    imported: str
    include_tests: bool
    expired_at: datetime | None
    sequence: int
    total: int
    n_waiting: int
    n_queued: int
    n_running: int
    n_executed: int
    n_grading: int
    n_done: int
    n_passed: int
    n_failed: int
    n_timeout: int
    n_limit: int
    n_refused: int
    n_agent_error: int
    n_infra_error: int
    n_cancelled: int
    n_needs_review: int
    n_over_budget: int
    n_reused: int
    n_flagged: int
    n_impossible: int
    n_impossible_passed: int
    cost_nanousd: int
    held_nanousd: int

    def progress(self) -> Progress:
        return Progress(
            total=self.total,
            waiting=self.n_waiting,
            queued=self.n_queued,
            running=self.n_running,
            executed=self.n_executed,
            grading=self.n_grading,
            done=self.n_done,
            outcomes={outcome: count for outcome, name in _OUTCOMES if (count := getattr(self, name))},
            reused=self.n_reused,
            cost_usd=usd(self.cost_nanousd),
            held_usd=usd(self.held_nanousd),
            usage=self.usage,
            over_budget=self.n_over_budget,
            flagged=self.n_flagged,
            impossible=self.n_impossible,
            impossible_passed=self.n_impossible_passed,
        )

    def view(self) -> RunView:
        return RunView(
            run_id=self.run_id,
            project=self.project,
            name=self.name,
            suite=self.suite,
            status=self.status,
            created_at=self.created_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            models=self.models,
            task_ids=self.task_ids,
            repeats=self.repeats,
            progress=self.progress(),
            sequence=self.sequence,
            limits=self.limits,
            priority=self.priority,
            waits=self.waits,
            reason=self.reason,
            restarts=self.restarts,
            regrades=self.regrades,
            imported=self.imported,
            deadline_at=self.deadline_at,
            include_tests=self.include_tests,
            expired_at=self.expired_at,
            stopped_models=tuple(each.view(self.run_id) for each in self.failing_models if each.stopped),
            changed_models={model: names for model, names in self.served_models.items() if len(names) > 1},
        )


_OUTCOMES = tuple((outcome, f"n_{outcome.value}") for outcome in Outcome)

SELECT_RUN = f"SELECT {columns(RunRow)} FROM runs WHERE run_id = $1"
