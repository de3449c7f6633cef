"""Checks of data: outputs against a reference, labels and numbers against the true ones."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.contracts.checks.check import ContentCheck, HiddenPath, TextCheck, Threshold, Thresholds, Tier, Tolerance


class OutputFormat(StrEnum):
    TEXT = "text"
    LINES = "lines"
    CSV = "csv"
    JSON = "json"


class ReferenceOutput(TextCheck, frozen=True, kw_only=True, tag="reference_output"):
    """The text equals the hidden file ``reference``, or the sample's ``expected`` if there is none. It is compared as a
    whole, by line, by CSV cell or by JSON value; the score is the fraction that agrees. Numbers agree within
    ``tolerance``, other texts if their similarity (1 - edit distance / length of the longer) reaches ``similarity``."""

    tier: ClassVar[Tier] = Tier.REFERENCE
    reference: HiddenPath = ""
    format: OutputFormat = OutputFormat.TEXT
    tolerance: Tolerance = Tolerance()
    similarity: Annotated[float, Meta(gt=0, le=1)] = 1.0
    ordered: bool = True
    """For lines and CSV rows: whether their order matters."""


class ClassificationMetric(StrEnum):
    ACCURACY = "accuracy"
    F1 = "f1"
    """Of the class ``positive``; without it, the unweighted mean over all classes."""
    MATTHEWS = "matthews"


class Classification(ContentCheck, frozen=True, kw_only=True, tag="classification"):
    """The label of one of ``classes``. An answer is right if it chooses the sample's ``expected``; ``metric`` is
    calculated over all samples of a run. A submitted CSV ``file`` has one row per id; ``reference`` is a hidden CSV
    file with the true labels, and the score is that of the thresholds which the metric reaches."""

    classes: Annotated[tuple[str, ...], Meta(min_length=2, max_length=1000)]
    positive: str = ""
    metric: ClassificationMetric = ClassificationMetric.ACCURACY
    reference: HiddenPath = ""
    id_column: str = "id"
    column: str = "label"
    thresholds: Thresholds = (Threshold(value=1.0),)


class RegressionMetric(StrEnum):
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    MEAN_ABSOLUTE_ERROR = "mean_absolute_error"


class Regression(ContentCheck, frozen=True, kw_only=True, tag="regression"):
    """A number close to the true one, like ``classification`` with numbers. An answer's score is 1 within
    ``tolerance`` and 0 otherwise. ``mean_absolute_error`` is better when it is lower."""

    metric: RegressionMetric = RegressionMetric.PEARSON
    tolerance: Tolerance = Tolerance()
    reference: HiddenPath = ""
    id_column: str = "id"
    column: str = "value"
    thresholds: Thresholds = (Threshold(value=1.0),)
