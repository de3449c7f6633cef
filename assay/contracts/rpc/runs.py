"""Requests about runs: submitting, controlling and reading them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType, field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.causes import Causes
from assay.contracts.codec import Data
from assay.contracts.models import ModelProblem, Usage
from assay.contracts.money import NanoUsd, Usd
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import CancelGrading, LimitsChange, Priority, RunLimits, RunPlan, RunStatus, RunView
from assay.contracts.spending import AccountView
from assay.contracts.verdicts import Outcome, Verdict


class SubmitRun(Request[RunView], frozen=True, kw_only=True, tag="runs.submit"):
    """Store a run and its attempts; idempotent by ``idempotency_key`` for the same plan."""

    reply: ClassVar[Any] = RunView
    plan: RunPlan
    idempotency_key: str = ""


class ImportedAttempt(Data, frozen=True, kw_only=True, omit_defaults=True):
    """An attempt of a plan that another framework executed and graded. ``task_index`` and ``model_index`` point into
    the plan. Without a ``verdict`` it ended ungraded, for ``reason``."""

    task_index: int
    model_index: int
    sample_id: str
    repeat: int
    outcome: Outcome
    reason: str = ""
    verdict: Verdict | None = None
    output: ArtifactRef | None = None
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    """What it left, including its output."""
    check_artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    usage: Usage = Usage()
    cost_nanousd: NanoUsd = 0
    duration_seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """None if the attempt says nothing about its model."""
        if self.verdict:
            return self.verdict.score
        return 0.0 if self.outcome.counts else None


class ImportRun(Request[RunView], frozen=True, kw_only=True, tag="runs.import"):
    """Store a finished run with the results of another framework; idempotent by ``idempotency_key`` for the same
    results. ``plan.imported`` names the framework. The plan's attempts without a result are left out."""

    reply: ClassVar[Any] = RunView
    plan: RunPlan
    attempts: Annotated[tuple[ImportedAttempt, ...], Meta(min_length=1)]
    idempotency_key: str = ""


class GetRun(Request[RunView], frozen=True, kw_only=True, tag="runs.get"):
    """Get a run's current state."""

    reply: ClassVar[Any] = RunView
    run_id: str


class GetRunMetrics(Request[RunMetrics], frozen=True, kw_only=True, tag="runs.metrics"):
    """Get the metrics of a run over all samples of each task."""

    reply: ClassVar[Any] = RunMetrics
    run_id: str


class GetCauses(Request[Causes], frozen=True, kw_only=True, tag="runs.causes"):
    """Get the reasons why attempts of a run ended ungraded, grouped."""

    reply: ClassVar[Any] = Causes
    run_id: str


class RunPage(Data, frozen=True, kw_only=True):
    """Runs, newest first. ``next_cursor`` fetches the next page; it is empty on the last one."""

    items: tuple[RunView, ...]
    next_cursor: str = ""
    total: int = 0


class ListRuns(Request[RunPage], frozen=True, kw_only=True, tag="runs.list"):
    """List matching runs, newest first."""

    reply: ClassVar[Any] = RunPage
    status: RunStatus | None = None
    suite: str = ""
    model: str = ""
    search: str = ""
    cursor: str = ""
    limit: PageSize = 50


class CancelRun(Request[RunView], frozen=True, kw_only=True, tag="runs.cancel"):
    """Cancel a run: waiting attempts at once, running ones after ``grace_seconds``. Executed ones are graded as
    ``grading`` says; ``none`` also ends the gradings of a run that is being cancelled. A run that has ended does not
    change."""

    reply: ClassVar[Any] = RunView
    run_id: str
    grace_seconds: Annotated[float, Meta(ge=0, le=3600)] = 10.0
    grading: CancelGrading = CancelGrading.FREE


class PauseRun(Request[RunView], frozen=True, kw_only=True, tag="runs.pause"):
    """Pause a run: running attempts continue, no others start."""

    reply: ClassVar[Any] = RunView
    run_id: str


class ResumeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.resume"):
    """Resume a paused run."""

    reply: ClassVar[Any] = RunView
    run_id: str


class ChangeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.change"):
    """Change the limits or the priority of a run that has not ended. A limit below the amount spent stops new
    requests."""

    reply: ClassVar[Any] = RunView
    run_id: str
    limits: RunLimits | None = None
    """All limits at once."""
    limits_change: LimitsChange | UnsetType = UNSET
    """Some of the limits; the others keep the value they have when the change is made."""
    priority: Priority | None = None


class RestartRun(Request[RunView], frozen=True, kw_only=True, tag="runs.restart"):
    """Submit an earlier run's plan again as a new run. Unless ``fresh`` is set, it reuses that run's results, grades
    its ungraded answers, and executes only the other attempts; refused if every attempt has a result. ``reuse`` also
    reuses results of other runs."""

    reply: ClassVar[Any] = RunView
    run_id: str
    fresh: bool = False
    reuse: bool = False
    limits: RunLimits | None = None
    idempotency_key: str = ""


class Quote(Data, frozen=True, kw_only=True):
    """What a run would cost. ``estimated_usd`` is based on earlier attempts of the same kind or, without any, on a
    quarter of the tokens an attempt may generate; ``worst_usd`` assumes that attempts use all they may."""

    attempts: int
    reused: int = 0
    estimated_usd: Usd
    worst_usd: Usd
    from_history: bool = False
    judging_usd: Usd = "0"
    """What models that judge will probably cost. It is booked on the judges' account, and not part of the above."""
    worst_judging_usd: Usd = "0"
    accounts: tuple[AccountView, ...] = ()
    fits: bool = True
    refusal: str = ""
    """Why the run cannot be submitted, with the numbers; empty if it can."""
    notes: tuple[str, ...] = ()
    """What the run leaves out of the request or the catalogue, for example responses to tasks that are not in it."""
    problems: tuple[ModelProblem, ...] = ()
    """Models that a runner cannot call, found without calling any. Empty also if no runner answered in time."""


class QuoteRun(Request[Quote], frozen=True, kw_only=True, tag="runs.quote"):
    """Estimate the cost of a run without storing it, with the same checks as submission."""

    reply: ClassVar[Any] = Quote
    plan: RunPlan
