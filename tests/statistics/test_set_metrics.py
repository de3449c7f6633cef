"""Metrics over sets equal those of scikit-learn and scipy."""

from __future__ import annotations

import random

import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from assay.statistics.set_metrics import classification_metrics, regression_metrics

CLASSES = ("a", "b", "c")


@pytest.mark.parametrize("seed", range(50))
def test_classification_equals_scikit_learn(seed: int) -> None:
    chosen = random.Random(seed)
    size = chosen.randint(2, 200)
    expected = [chosen.choice(CLASSES) for _ in range(size)]
    predicted = [chosen.choice((*CLASSES, "nonsense")) for _ in range(size)]
    found = classification_metrics(expected, predicted)
    assert found["accuracy"] == pytest.approx(accuracy_score(expected, predicted), abs=1e-12)
    assert found["matthews"] == pytest.approx(matthews_corrcoef(expected, predicted), abs=1e-12)
    mean_f1 = f1_score(expected, predicted, labels=list(CLASSES), average="macro")
    assert found["f1"] == pytest.approx(mean_f1, abs=1e-12)
    binary = f1_score([x == "b" for x in expected], [x == "b" for x in predicted])
    assert classification_metrics(expected, predicted, "b")["f1"] == pytest.approx(binary, abs=1e-12)


@pytest.mark.parametrize("seed", range(50))
def test_regression_equals_scipy(seed: int) -> None:
    chosen = random.Random(seed)
    expected = [chosen.gauss(0, 10) for _ in range(chosen.randint(3, 200))]
    predicted = [round(x + chosen.gauss(0, 5)) for x in expected]
    found = regression_metrics(expected, predicted)
    assert found["pearson"] == pytest.approx(pearsonr(expected, predicted)[0], abs=1e-12)
    assert found["spearman"] == pytest.approx(spearmanr(expected, predicted)[0], abs=1e-12)
    mean = sum(abs(x - y) for x, y in zip(expected, predicted, strict=True)) / len(expected)
    assert found["mean_absolute_error"] == pytest.approx(mean, abs=1e-12)


def test_a_correlation_with_a_constant_is_0() -> None:
    assert regression_metrics([1, 2, 3], [5, 5, 5]) == {"pearson": 0.0, "spearman": 0.0, "mean_absolute_error": 3.0}
    assert regression_metrics([1], [2])["pearson"] == 0.0
