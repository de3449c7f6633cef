"""A column of a submitted CSV file beside the true values, and the score of a metric over both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.contracts.checks import Threshold
from services.judge.checks.check_result import CheckScore, failed
from services.judge.checks.thresholds import threshold_score
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext
from services.judge.readers.table import NotATable, read_column


@dataclass(frozen=True, kw_only=True, slots=True)
class AlignedColumns:
    """The true and the submitted value of every id."""

    expected: list[str]
    submitted: list[str]

    def submitted_without(self, numbers: Sequence[float | None]) -> str:
        """The first submitted value that is no number."""
        return next(text for text, number in zip(self.submitted, numbers, strict=True) if number is None)[:50]


def aligned_columns(
    context: GradingContext, text: str, reference: str, id_column: str, column: str
) -> AlignedColumns | CheckScore:
    """A failed score if the submitted table cannot be read or lacks ids; additional ids are ignored."""
    try:
        truth = read_column(context.hidden_file(reference).decode("utf-8", "replace"), id_column, column)
    except NotATable as error:
        raise HiddenBundleInvalid(f"{reference}: {error}") from error
    if not truth:
        raise HiddenBundleInvalid(f"{reference} has no rows")
    try:
        found = read_column(text, id_column, column)
    except NotATable as error:
        return failed(f"the submitted table cannot be read: {error}").with_evidence(text)
    missing = [key for key in truth if key not in found]
    if missing:
        return failed(f"{len(missing)} of {len(truth)} ids are missing, for example {missing[0][:50]!r}").with_evidence(
            text
        )
    return AlignedColumns(expected=list(truth.values()), submitted=[found[key] for key in truth])


def threshold_result(
    metric: str, metrics: Mapping[str, float], thresholds: Sequence[Threshold], *, lower_is_better: bool
) -> CheckScore:
    value = metrics[metric]
    score = threshold_score(value, thresholds, lower_is_better=lower_is_better)
    message = "" if score == 1.0 else f"{metric.replace('_', ' ')} is {value:.4g}, which scores {score:g}"
    return CheckScore(passed=score == 1.0, score=score, message=message, metrics=dict(metrics))
