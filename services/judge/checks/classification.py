"""``classification``: the label of one of several classes, for one answer or for each row of a file."""

from __future__ import annotations

from msgspec import structs

from assay.contracts.checks import Classification
from assay.contracts.run_metrics import Prediction
from assay.statistics.set_metrics import classification_metrics
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.checks.submitted_column import aligned_columns, threshold_result
from services.judge.grading.context import GradingContext
from services.judge.readers.choice_reader import read_choice


async def check(check: Classification, context: GradingContext) -> CheckScore:
    text = context.text(check)
    if not check.reference:
        return _one(check, text, str(context.expected(check)))
    columns = aligned_columns(context, text, check.reference, check.id_column, check.column)
    if isinstance(columns, CheckScore):
        return columns
    classes = {name.casefold(): name for name in check.classes}
    predicted = [classes.get(value.casefold(), value) for value in columns.submitted]
    metrics = classification_metrics(columns.expected, predicted, check.positive)
    return threshold_result(check.metric, metrics, check.thresholds, lower_is_better=False)


def _one(check: Classification, answer: str, expected: str) -> CheckScore:
    reading = read_choice(answer, check.classes)
    prediction = Prediction(expected=expected, predicted=reading.option, positive=check.positive)
    if reading.option is None:
        score = failed(reading.problem, {"ok": 0.0})
    elif reading.option == expected:
        score = passed(metrics={"ok": 1.0})
    else:
        score = failed(f"the label {reading.option!r} is wrong", {"ok": 1.0})
    return structs.replace(score.with_evidence(answer, expected), prediction=prediction)
