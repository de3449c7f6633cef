"""Models compared by their results."""

from __future__ import annotations

from datetime import datetime

from msgspec import field

from assay.contracts.codec import Data
from assay.contracts.models import Usage
from assay.contracts.money import Usd


class BoardRow(Data, frozen=True, kw_only=True):
    """One model on the leaderboard. ``n`` counts the attempts with a score; ``errors`` counts failures that say nothing
    about the model. ``score`` is the weighted mean over tasks, ``pass_rate`` is ``passed / n``; a model without a
    scored attempt has neither, and no rank."""

    model: str
    n: int
    passed: int
    errors: int = 0
    flagged: int = 0
    """How many of those that passed have audit flags."""
    impossible_attempts: int = 0
    """Attempts at tasks that contradict their own tests. They count for nothing else."""
    impossible_passed: int = 0
    """Those of them that passed: suspected cheats."""
    score: float | None
    pass_rate: float | None
    cost_usd: Usd
    cost_per_attempt_usd: Usd
    duration_seconds: float
    """Mean execution time of the ``n`` attempts, without grading."""
    usage: Usage = Usage()
    tasks: int = 0
    categories: dict[str, float] = field(default_factory=dict[str, float])
    """Mean score by category."""
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    """Mean of each metric that the tasks' checks report, for example ``telemetry_basic.mean_abs_err``."""
    last_run_id: str = ""
    rank: int | None = None
    """Place by score, from 1. Equal scores share a rank, and the next one is further down by their number."""


class Board(Data, frozen=True, kw_only=True):
    """The leaderboard of the tasks with this suite, category, difficulty and language, or of all tasks; best score
    first. ``suites``, ``categories``, ``difficulties`` and ``languages`` are those of all results."""

    suite: str = ""
    category: str = ""
    difficulty: str = ""
    language: str = ""
    rows: tuple[BoardRow, ...] = ()
    suites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    difficulties: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    updated_at: datetime | None = None
