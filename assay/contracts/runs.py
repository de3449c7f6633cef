"""Runs: what is asked for, and how a run is shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from assay.contracts.codec import Data
from assay.contracts.models import ModelName, ModelSpec, Parameters, Usage
from assay.contracts.money import Price, Usd
from assay.contracts.tasks import TaskPin
from assay.contracts.verdicts import Outcome

Repeats = Annotated[int, Meta(ge=1, le=1000)]


class RunStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


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


class ModelPin(Data, frozen=True, kw_only=True):
    """A model as a run holds it; the price is None for what calls no model."""

    model: ModelSpec
    price: Price | None = None


class RunPlan(Data, frozen=True, kw_only=True):
    """A request with every name resolved: the attempts are ``repeats`` x samples of ``tasks`` x ``models``."""

    project: str = "default"
    name: str = ""
    suite: str = ""
    tasks: Annotated[tuple[TaskPin, ...], Meta(min_length=1)]
    models: Annotated[tuple[ModelPin, ...], Meta(min_length=1)]
    repeats: Repeats = 1


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
    cost_usd: Usd = "0"
    usage: Usage = Usage()


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
