"""Runs: what is asked for, and how a run is shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Data
from assay.contracts.models import ModelName, ModelSpec, Parameters, Usage
from assay.contracts.money import Price, Usd
from assay.contracts.replay import Responses
from assay.contracts.sandboxes import SandboxWish
from assay.contracts.tasks import AttemptLimits, TaskPin
from assay.contracts.verdicts import Outcome

Repeats = Annotated[int, Meta(ge=1, le=1000)]


class RunStatus(StrEnum):
    """``cancelling``: what was begun has some seconds left to end by itself; ``paused`` runs begin nothing new."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class RunLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a whole run may use. ``cost_usd`` None sets no limit of its own (those of the day and the project hold
    all the same). ``seconds`` counts from the first claim; ``concurrency`` 0 leaves it to the workers' number."""

    cost_usd: Usd | None = "1"
    seconds: Annotated[float, Meta(gt=0, le=2_592_000)] = 10_800.0
    concurrency: Annotated[int, Meta(ge=0, le=100_000)] = 0
    no_progress_seconds: Annotated[float, Meta(gt=0, le=2_592_000)] = 600.0
    """After so long without any change the run says that it is stalled, and why."""


Priority = Annotated[int, Meta(ge=1, le=9)]


class TokenPrice(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price as people write it: US dollars per million tokens, as decimal strings."""

    input_usd_per_mtok: Usd
    output_usd_per_mtok: Usd
    cached_usd_per_mtok: Usd | None = None
    reasoning_usd_per_mtok: Usd | None = None


class RunRequest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /api/v1/runs``: a suite, or tasks, or categories; at least one of them, and models.

    ``samples`` takes that many first samples of each task (0: all). ``repeats`` 0 means the suite's own."""

    models: Annotated[tuple[ModelName, ...], Meta(min_length=1, max_length=50)]
    suite: str | None = None
    tasks: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    repeats: Annotated[int, Meta(ge=0, le=1000)] = 0
    samples: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    parameters: Parameters = Parameters()
    name: Annotated[str, Meta(max_length=200)] = ""
    limits: RunLimits = RunLimits()
    priority: Priority = 5
    """A run's share of the workers among the runs that wait, in proportion."""
    partial: bool = False
    """Accept a run that costs more than its limits leave: as much of it as fits is done, the rest ends as ``limit``."""
    reuse: bool = False
    """Take over the results of attempts with the same content key that are done already, instead of making them."""
    prices: dict[ModelName, TokenPrice] = field(default_factory=dict[str, TokenPrice])
    """For this run alone, before every price table."""
    attempt_limits: AttemptLimits = AttemptLimits()
    sandbox: SandboxWish = ""
    include_tests: bool = False
    """Show the models the hidden tests. Such a run counts on no leaderboard."""
    install_deps: bool = False
    """Make and judge each task with what its workspace's ``requirements.txt`` lists, in an image made for it."""
    responses: Responses | None = None
    """What a model named ``replay/<name>`` answers: responses from elsewhere, judged as if it had given them."""


class ModelPin(Data, frozen=True, kw_only=True):
    """A model as a run holds it; the price is None for what calls no model. ``provider_concurrency`` bounds the
    attempts under way with its provider, over all runs and runners (0: no bound)."""

    model: ModelSpec
    price: Price | None = None
    provider_concurrency: Annotated[int, Meta(ge=0)] = 0
    replay: ArtifactRef | None = None
    """The stored responses that are this model."""


class RunPlan(Data, frozen=True, kw_only=True):
    """A request with every name resolved: the attempts are ``repeats`` x samples of ``tasks`` x ``models``."""

    project: str = "default"
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
    """The run of which this is a restart."""
    sandbox: SandboxWish = ""
    """The kind of sandbox it is to be made and judged in."""
    include_tests: bool = False
    """The hidden tests are in the public bundles."""
    install_deps: bool = False
    """The sandboxes of tasks with requirements are built with them."""


class Progress(Data, frozen=True, kw_only=True):
    """How far a run is: attempts by state and, of those done, by outcome; money and tokens so far."""

    total: int
    waiting: int = 0
    queued: int = 0
    running: int = 0
    executed: int = 0
    grading: int = 0
    done: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict[Outcome, int])
    reused: int = 0
    """Of those done, the ones taken over from earlier runs; they cost nothing again."""
    cost_usd: Usd = "0"
    held_usd: Usd = "0"
    """Reserved for requests under way; part of it will be spent, the rest released."""
    usage: Usage = Usage()


class WaitReason(StrEnum):
    """Why attempts of a run wait although they are not done."""

    PAUSED = "paused"
    BUDGET = "budget"
    """The money left is held by attempts under way, or a limit of the day has to pass."""
    CONCURRENCY = "concurrency"
    """The run's own cap on attempts at once."""
    PROVIDER = "provider"
    """The provider's cap on attempts at once."""
    NO_RUNNER = "no_runner"
    NO_JUDGE = "no_judge"
    CAPACITY = "capacity"
    """All workers are busy; others' turns come first."""


class Wait(Data, frozen=True, kw_only=True):
    reason: WaitReason
    detail: str
    """In words, with the figures."""
    since: datetime


class RunView(Data, frozen=True, kw_only=True):
    """``sequence`` is that of the run's newest fact: a view and the facts after its sequence make the newer view."""

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
    """Why attempts wait, where they do for a reason other than their turn."""
    reason: str = ""
    """Why the run ended before its attempts did: who cancelled it, or which limit."""
    restarts: str = ""
    deadline_at: datetime | None = None
    """When the run's time limit ends it; None before its first claim."""
    include_tests: bool = False
    """Its models were shown the hidden tests; it counts on no leaderboard."""
    expired_at: datetime | None = None
    """When the content of its artifacts was given up, as older than is kept."""


class BoardRow(Data, frozen=True, kw_only=True):
    """One model on the leaderboard. ``n`` counts attempts whose outcome says something about the model; ``errors`` and
    ``reviews`` are apart. ``score`` is the weighted mean over tasks, ``passed / n`` the pass rate."""

    model: str
    n: int
    passed: int
    errors: int = 0
    score: float
    pass_rate: float
    cost_usd: Usd
    cost_per_attempt_usd: Usd
    duration_seconds: float
    """Mean over the ``n`` attempts, execution only."""
    usage: Usage = Usage()
    tasks: int = 0
    categories: dict[str, float] = field(default_factory=dict[str, float])
    """Mean score by category."""
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    """Mean of each metric the tasks' checks report, for example ``telemetry_basic.mean_abs_err``."""
    last_run_id: str = ""


class Board(Data, frozen=True, kw_only=True):
    """The leaderboard of one suite (or of all tasks when ``suite`` is empty), best score first."""

    suite: str = ""
    category: str = ""
    rows: tuple[BoardRow, ...] = ()
    suites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    updated_at: datetime | None = None
