"""Runs: requests, plans, progress and views."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field, structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.checks.rubric import JudgeNames
from assay.contracts.codec import WITHOUT_NUL, Data
from assay.contracts.judging import JudgeModel
from assay.contracts.models import ModelName, ModelSpec, Parameters, StoppedModel, Usage
from assay.contracts.money import Price, TokenPrice, Usd
from assay.contracts.replay import Responses
from assay.contracts.sandboxes import SandboxChoice
from assay.contracts.tasks import AttemptLimits, TaskPin
from assay.contracts.verdicts import Outcome

DEFAULT_PROJECT = "default"
Repeats = Annotated[int, Meta(ge=1, le=1000)]


class RunStatus(StrEnum):
    """``paused`` runs start no attempts. In ``cancelling`` runs, running attempts have some seconds left to finish, and
    executed ones are graded."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class CancelGrading(StrEnum):
    """Which executed attempts of a cancelled run are still graded. The answers of the others are kept for a retry."""

    FREE = "free"
    """Those whose checks call no model."""
    ALL = "all"
    NONE = "none"


class RunLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a whole run. ``cost_usd`` None: only the limits of the day and the project apply. ``seconds`` counts
    from the first claim. ``concurrency`` is the maximum number of attempts at once; 0 means no limit."""

    cost_usd: Usd | None = "1"
    seconds: Annotated[float, Meta(gt=0, le=2_592_000)] = 10_800.0
    concurrency: Annotated[int, Meta(ge=0, le=100_000)] = 0
    no_progress_seconds: Annotated[float, Meta(gt=0, le=2_592_000)] = 600.0
    """The run is reported as stalled, with the reason, after this time without any change."""


class LimitsChange(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New limits; omitted fields keep their value."""

    cost_usd: Usd | UnsetType | None = UNSET
    seconds: Annotated[float, Meta(gt=0, le=2_592_000)] | UnsetType = UNSET
    concurrency: Annotated[int, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    no_progress_seconds: Annotated[float, Meta(gt=0, le=2_592_000)] | UnsetType = UNSET

    def apply_to(self, limits: RunLimits) -> RunLimits:
        changed = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET}
        return structs.replace(limits, **changed)


Priority = Annotated[int, Meta(ge=1, le=9)]


class RunRequest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /api/v1/runs``: models, and at least one suite, task or category.

    ``samples`` N uses the first N samples of each task (0: all). ``repeats`` 0 uses the suite's value."""

    models: Annotated[tuple[ModelName, ...], Meta(min_length=1, max_length=50)]
    suite: str | None = None
    tasks: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    repeats: Annotated[int, Meta(ge=0, le=1000)] = 0
    samples: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    parameters: Parameters = Parameters()
    name: Annotated[str, Meta(max_length=200, pattern=WITHOUT_NUL)] = ""
    limits: RunLimits = RunLimits()
    priority: Priority = 5
    """The run's weight when waiting runs share the workers."""
    partial: bool = False
    """Accept a run that can cost more than its limits allow. Attempts that no longer fit end as ``limit``."""
    reuse: bool = False
    """Reuse the results of finished attempts with the same content key instead of executing them again."""
    prices: dict[ModelName, TokenPrice] = field(default_factory=dict[str, TokenPrice])
    """Prices for this run only; they take precedence over all price tables."""
    attempt_limits: AttemptLimits = AttemptLimits()
    sandbox: SandboxChoice = ""
    include_tests: bool = False
    """Show the models the hidden tests. Such a run is excluded from leaderboards."""
    install_deps: bool = False
    """Install the ``requirements.txt`` of each task's workspace into an image, and execute and grade the task in it."""
    judges: JudgeNames = ()
    """The models that grade tasks with a rubric, instead of those that the tasks name."""
    skip_unsuitable: bool = False
    """Leave out tasks that one of the models is known not to be able to do, or for which no judge is chosen, instead of
    refusing the run."""
    responses: Responses | None = None
    """The responses of a model named ``replay/<name>``, obtained elsewhere and graded like a model's answers. A model
    named ``replay/<run id>``, or ``replay/<run id>:<model>`` if that run has several, needs none: it replays those of
    an earlier run, whose tasks are used if none are chosen."""


class ModelPin(Data, frozen=True, kw_only=True):
    """A model as pinned by a run. ``price`` is None for baselines, which call no model. ``provider_concurrency`` limits
    the running attempts of its provider over all runs and runners (0: no limit)."""

    model: ModelSpec
    price: Price | None = None
    provider_concurrency: Annotated[int, Meta(ge=0)] = 0
    replay: ArtifactRef | None = None
    """The stored responses that stand in for this model."""
    registered: bool = False
    """The ledger has its provider, not the catalogue."""
    one_model_at_a_time: bool = False
    """Its provider has one model loaded at a time, so attempts of its models are not mixed, over all runs."""


class RunPlan(Data, frozen=True, kw_only=True):
    """A request with all names resolved. Its attempts are ``repeats`` x samples of ``tasks`` x ``models``."""

    project: str = DEFAULT_PROJECT
    name: str = ""
    suite: str = ""
    tasks: Annotated[tuple[TaskPin, ...], Meta(min_length=1)]
    models: Annotated[tuple[ModelPin, ...], Meta(min_length=1)]
    repeats: Repeats = 1
    limits: RunLimits = RunLimits()
    priority: Priority = 5
    partial: bool = False
    reuse: bool = False
    restarts: str = ""
    """The id of the run that this one restarts."""
    reuse_run: str = ""
    """The id of a run whose results are reused. Its answers that were not graded are graded in this run."""
    sandbox: SandboxChoice = ""
    """The requested kind of sandbox for execution and grading."""
    include_tests: bool = False
    """The public bundles contain the hidden tests."""
    install_deps: bool = False
    """The sandbox images of tasks with requirements are built with them."""
    regrades: str = ""
    """The id of a run whose stored outputs this one grades again, without asking any model."""
    regrade_checks: tuple[str, ...] = ()
    """The names of the checks to run again. Empty: all."""
    judges: tuple[JudgeModel, ...] = ()
    """Every model that judges attempts of this run."""
    imported: str = ""
    """The framework that produced and graded the run's results, with its version. Empty for all other runs."""


class Progress(Data, frozen=True, kw_only=True):
    """A run's progress: attempts by state, finished attempts by outcome, and money and tokens used so far."""

    total: int
    waiting: int = 0
    queued: int = 0
    running: int = 0
    executed: int = 0
    grading: int = 0
    done: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict[Outcome, int])
    reused: int = 0
    """Finished attempts whose results were reused from earlier runs at no cost."""
    cost_usd: Usd = "0"
    held_usd: Usd = "0"
    """Reserved for running attempts; the unspent part is released."""
    usage: Usage = Usage()
    flagged: int = 0
    """Attempts that passed and have audit flags."""
    impossible: int = 0
    """Attempts with a score at tasks that contradict their own tests."""
    impossible_passed: int = 0
    """Those of them that passed: suspected cheats."""
    over_budget: int = 0
    """Attempts that ended as ``limit`` because of a money limit, which says nothing about their model."""

    @property
    def evidence(self) -> int:
        """Attempts that say how good their model is: those with a score, at tasks that can be solved."""
        scored = sum(number for outcome, number in self.outcomes.items() if outcome.counts) - self.over_budget
        return scored - self.impossible


class WaitReason(StrEnum):
    """Why attempts of a run wait."""

    PAUSED = "paused"
    BUDGET = "budget"
    """The remaining money is reserved by running attempts, or the daily limit is used up."""
    CONCURRENCY = "concurrency"
    """The run's own limit of concurrent attempts."""
    PROVIDER = "provider"
    """The provider's limit of concurrent attempts."""
    MODEL_TURN = "model_turn"
    """The provider has another model loaded, and can have one at a time."""
    OUTAGE = "outage"
    """A model is unavailable, or its provider asked for a pause. Running attempts wait too."""
    NO_RUNNER = "no_runner"
    NO_JUDGE = "no_judge"
    CAPACITY = "capacity"
    """All workers are busy with other runs."""


class Wait(Data, frozen=True, kw_only=True):
    reason: WaitReason
    detail: str
    """The reason as text, with the numbers."""
    since: datetime
    until: datetime | None = None
    """When the wait is expected to end, if that is known."""


class RunView(Data, frozen=True, kw_only=True):
    """A run as shown to users. ``sequence`` is that of the run's latest fact; applying later facts to the view updates
    it."""

    run_id: str
    project: str
    name: str
    suite: str
    status: RunStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    models: tuple[str, ...]
    task_ids: tuple[str, ...]
    repeats: int
    progress: Progress
    sequence: int
    limits: RunLimits = RunLimits()
    priority: int = 5
    waits: Wait | None = None
    """Why attempts wait. None if they only wait for their turn."""
    reason: str = ""
    """Why the run ended early: who cancelled it, or which limit was reached."""
    restarts: str = ""
    regrades: str = ""
    """The run whose outputs this one grades again. Its results revise those of that run and are not counted twice."""
    imported: str = ""
    """The framework that produced and graded the run's results, such as ``Inspect 0.3.285``. Assay did neither."""
    deadline_at: datetime | None = None
    """When the time limit ends the run. None before its first claim."""
    include_tests: bool = False
    """The models were shown the hidden tests, so the run is excluded from leaderboards."""
    expired_at: datetime | None = None
    """When the artifacts' content was released because its retention period ended."""
    stopped_models: tuple[StoppedModel, ...] = ()
    """Models that cannot be called: their remaining attempts end as ``infra_error`` without being executed."""
    changed_models: dict[ModelName, tuple[str, ...]] = field(default_factory=dict[ModelName, tuple[str, ...]])
    """Models behind which the provider served several others during the run, in the order in which they first answered.
    Their attempts cannot be compared."""
