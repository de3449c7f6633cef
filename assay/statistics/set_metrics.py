"""Metrics over a set of labels or numbers, by scikit-learn and scipy (imported when first used: they are large)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

from assay.contracts.checks import ClassificationMetric, RegressionMetric
from assay.contracts.run_metrics import MAX_METRIC


def classification_metrics(expected: Sequence[str], predicted: Sequence[str], positive: str = "") -> dict[str, float]:
    """Every ClassificationMetric. F1 is that of the class ``positive``, or else the unweighted mean over the classes
    that are expected: a prediction that is no class lowers the recall of the expected one and nothing else."""
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

    labels = [positive] if positive else sorted(set(expected))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an undefined F1, which is then 0
        return {
            ClassificationMetric.ACCURACY: float(accuracy_score(expected, predicted)),
            ClassificationMetric.F1: float(f1_score(expected, predicted, labels=labels, average="macro")),
            ClassificationMetric.MATTHEWS: float(matthews_corrcoef(expected, predicted)),
        }


def regression_metrics(expected: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Every RegressionMetric. Errors above MAX_METRIC count as that. A correlation that is undefined, because one side
    is constant or there are fewer than two values, is 0."""
    from scipy.stats import pearsonr, spearmanr

    errors = [min(MAX_METRIC, abs(one - other)) for one, other in zip(expected, predicted, strict=True)]
    metrics: dict[str, float] = {RegressionMetric.MEAN_ABSOLUTE_ERROR: math.fsum(errors) / len(errors)}
    for name, correlation in ((RegressionMetric.PEARSON, pearsonr), (RegressionMetric.SPEARMAN, spearmanr)):
        if min(len(set(expected)), len(set(predicted))) < 2:
            metrics[name] = 0.0
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: float = correlation(expected, predicted)[0]  # pyright: ignore[reportAssignmentType]
        metrics[name] = float(found) if math.isfinite(found) else 0.0
    return metrics
