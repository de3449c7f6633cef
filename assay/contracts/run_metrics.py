"""Metrics of a run over all samples of a task: means of what each attempt measured, and metrics of the whole set."""

from __future__ import annotations

from enum import StrEnum

from msgspec import field

from assay.contracts.codec import Data

MAX_METRIC = 1e300
"""Larger metrics are cut to this: JSON has no infinity, and the sum over all attempts must be a number too."""


class Prediction(Data, frozen=True, kw_only=True):
    """What an attempt answered to one sample of a set, and what is true: labels or numbers. ``positive`` is the class
    whose F1 is reported; empty for the mean over all classes."""

    expected: str | float
    predicted: str | float | None = None
    """None: the answer has no readable label or number."""
    positive: str = ""


class SetKind(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class SetMetrics(Data, frozen=True, kw_only=True):
    """One check over a set of ``n`` attempts, ``unreadable`` of which answered no label or number. Those count as wrong
    in a classification, and are left out of a regression. ``metrics``: see ClassificationMetric and RegressionMetric;
    empty if nothing is left."""

    check: str
    kind: SetKind
    n: int
    unreadable: int = 0
    metrics: dict[str, float] = field(default_factory=dict[str, float])


class Mean(Data, frozen=True, kw_only=True):
    """Over the ``n`` attempts that have the metric: an answer without a number, say, has no error."""

    value: float
    n: int


class TaskMetrics(Data, frozen=True, kw_only=True):
    """Of one model at one task: ``means`` by metric. ``n`` attempts count."""

    model: str
    task_id: str
    n: int
    means: dict[str, Mean] = field(default_factory=dict[str, Mean])
    sets: tuple[SetMetrics, ...] = ()


class RunMetrics(Data, frozen=True, kw_only=True):
    """By task, then by model. Attempts that do not count, such as ``infra_error``, are left out."""

    items: tuple[TaskMetrics, ...] = ()
