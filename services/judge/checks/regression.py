"""``regression``: a number close to the true one, for one answer or for each row of a file."""

from __future__ import annotations

from msgspec import structs

from assay.contracts.checks import Regression, RegressionMetric
from assay.contracts.run_metrics import Prediction
from assay.statistics.set_metrics import regression_metrics
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.checks.numeric import within
from services.judge.checks.submitted_column import aligned_columns, threshold_result
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext
from services.judge.readers.finite import parse_finite
from services.judge.readers.number_reader import NumberReading, read_number
from services.judge.readers.quote import quote


async def check(check: Regression, context: GradingContext) -> CheckScore:
    text = context.text(check)
    if not check.reference:
        return _one(check, text, float(context.expected(check)))
    columns = aligned_columns(context, text, check.reference, check.id_column, check.column)
    if isinstance(columns, CheckScore):
        return columns
    expected, submitted = (list(map(parse_finite, values)) for values in (columns.expected, columns.submitted))
    if None in expected:
        raise HiddenBundleInvalid(f"{check.reference} has a value that is not a number")
    if None in submitted:
        return failed(f"{check.column} has a value that is not a finite number: {columns.submitted_without(submitted)}")
    metrics = regression_metrics([x for x in expected if x is not None], [x for x in submitted if x is not None])
    lower = check.metric is RegressionMetric.MEAN_ABSOLUTE_ERROR
    return threshold_result(check.metric, metrics, check.thresholds, lower_is_better=lower)


def _one(check: Regression, answer: str, expected: float) -> CheckScore:
    reading = read_number(answer)
    prediction = Prediction(expected=expected, predicted=reading.value)
    score = _score(check, reading, expected).with_evidence(answer, repr(expected))
    return structs.replace(score, prediction=prediction)


def _score(check: Regression, reading: NumberReading, expected: float) -> CheckScore:
    if reading.value is None:
        return failed(reading.problem, {"ok": 0.0})
    metrics = {"ok": 1.0, "abs_err": abs(reading.value - expected)}
    close = within(reading.value, expected, check.tolerance)
    return passed(metrics=metrics) if close else failed(f"not within tolerance: {quote(reading.text)}", metrics)
