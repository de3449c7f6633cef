"""Results that another framework produced and graded, stored as a finished run.

Assay neither executed nor graded them, so their run says where they come from, and they are on no leaderboard except
that of their own suite.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from assay.contracts.codec import WITHOUT_NUL, Data
from assay.contracts.models import ModelName, Parameters, Usage
from assay.contracts.money import Usd
from assay.contracts.tail import StepKind
from assay.contracts.tasks import Difficulty, TaskId
from assay.contracts.verdicts import Outcome, Score

IMPORTED_SUITE = "imported/"
"""How the suites of imported runs begin. No suite of the catalogue has such an id."""

MAX_RESULTS = 5_000
"""Of one imported run."""
MAX_CHARACTERS = 1_000_000
"""Of a text."""
MAX_LINE_CHARACTERS = 500

Text = Annotated[str, Meta(max_length=MAX_CHARACTERS)]
Line = Annotated[str, Meta(max_length=MAX_LINE_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=WITHOUT_NUL)]

MAX_TOKENS = 10**12
MAX_COST_USD = 10_000
MAX_SECONDS = 10_000_000
"""Of a result. Sums over all results of a leaderboard stay far from what the database can store."""


class ImportedSample(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``expected`` is the correct answer as the framework states it; empty if there is none."""

    sample_id: Name
    input: Text = ""
    expected: Text = ""


class ImportedRunTask(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``version`` is everything that makes results comparable: results of the same task with different versions are not
    added up."""

    task_id: TaskId
    title: Name
    version: Annotated[str, Meta(max_length=2_000)] = ""
    category: Name = "imported"
    difficulty: Difficulty = Difficulty.MEDIUM
    language: Annotated[str, Meta(max_length=40, pattern=WITHOUT_NUL)] = ""
    samples: Annotated[tuple[ImportedSample, ...], Meta(min_length=1, max_length=MAX_RESULTS)]


class ImportedModel(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: ModelName
    parameters: Parameters = Parameters()


class ImportedMessage(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message of the prompt. ``role`` is ``system``, ``user``, ``assistant`` or ``tool``."""

    role: Annotated[str, Meta(min_length=1, max_length=40)]
    text: Text


class ImportedStep(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of a conversation after the prompt. ``text`` is a message, a call's arguments as JSON, or its result."""

    kind: StepKind
    text: Text = ""
    tool: Line = ""
    call_id: Line = ""
    failed: bool = False


class ImportedScore(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the scores that the framework gave, on Assay's scale from 0 to 1. ``explanation`` is shown with it."""

    name: Name
    value: Score
    answer: Text = ""
    """What was compared: the part of the response that was read as the answer."""
    explanation: Text = ""


class ImportedResult(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attempt. The first of ``scores`` is its score. Outcomes ``passed`` and ``failed`` need one, ``infra_error``
    has none, and the others score 0 without one."""

    task_id: TaskId
    sample_id: Name
    model: ModelName
    repeat: Annotated[int, Meta(ge=1, le=1000)] = 1
    outcome: Outcome
    reason: Line = ""
    """Why it did not pass, in a line."""
    scores: Annotated[tuple[ImportedScore, ...], Meta(max_length=20)] = ()
    metrics: dict[Name, float] = field(default_factory=dict[str, float])
    """Numbers of any scale besides the scores."""
    prompt: tuple[ImportedMessage, ...] = ()
    response: Text = ""
    steps: tuple[ImportedStep, ...] = ()
    """Of a conversation with several turns or tools."""
    usage: Usage = Usage()
    cost_usd: Usd = "0"
    """What the framework says that it cost. Assay does not book it on any account."""
    duration_seconds: Annotated[float, Meta(ge=0, le=MAX_SECONDS)] = 0.0


class ImportedRun(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /api/v1/runs/import``."""

    source: Name
    """The framework with its version, such as ``Inspect 0.3.285``."""
    name: Annotated[str, Meta(max_length=200, pattern=WITHOUT_NUL)] = ""
    created_at: datetime | None = None
    """When the framework began to execute it, if that is known."""
    suite: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    """The run's suite is this id after ``imported/``."""
    pass_score: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """The least score that passes."""
    models: Annotated[tuple[ImportedModel, ...], Meta(min_length=1, max_length=50)]
    tasks: Annotated[tuple[ImportedRunTask, ...], Meta(min_length=1, max_length=1_000)]
    results: Annotated[tuple[ImportedResult, ...], Meta(min_length=1, max_length=MAX_RESULTS)]
