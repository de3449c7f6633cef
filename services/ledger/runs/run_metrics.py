"""Metrics of a run over all samples of each task."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cachetools import LRUCache

from assay.contracts.run_metrics import Mean, Prediction, RunMetrics, SetKind, SetMetrics, TaskMetrics
from assay.statistics.set_metrics import classification_metrics, regression_metrics
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row
from services.ledger.errors import unknown_run

CACHED_RUNS = 64
UNREADABLE = ""
"""In a classification, the class of answers without a label."""

_GRADED = """
SELECT count(*)::int AS n, task_index, model_index, task_id, model
FROM attempts WHERE run_id = $1 AND score IS NOT NULL GROUP BY task_index, model_index, task_id, model
ORDER BY task_index, model_index
"""
# Of an attempt that reuses a result, the verdict is that of the other attempt. Of several verdicts, the last counts.
_VERDICTS = """
SELECT a.task_index, a.model_index, v.body, v.predictions FROM attempts a CROSS JOIN LATERAL (
  SELECT body, predictions FROM verdicts
  WHERE attempt_id = COALESCE(NULLIF(a.reused_from, ''), a.attempt_id) ORDER BY revision DESC LIMIT 1
) v WHERE a.run_id = $1 AND a.score IS NOT NULL
"""
# Not avg(), whose sum of squares overflows.
_MEANS = f"""
SELECT task_index, model_index, m.key AS metric, sum(m.value::float8) / count(*) AS mean,
  count(*)::int AS n
FROM ({_VERDICTS}) v CROSS JOIN LATERAL jsonb_each_text(v.body->'metrics') m
GROUP BY task_index, model_index, m.key ORDER BY m.key
"""
# Predictions of checks that the task no longer has are left out.
_PREDICTIONS = f"""
SELECT task_index, model_index, p.key AS check_name, count(*)::int AS n, p.value AS prediction
FROM ({_VERDICTS}) v CROSS JOIN LATERAL jsonb_each(v.predictions) p
WHERE EXISTS (SELECT FROM jsonb_array_elements(v.body->'checks') c WHERE c->>'name' = p.key)
GROUP BY task_index, model_index, p.key, p.value ORDER BY task_index, model_index, p.key, p.value
"""


class _Graded(Row):
    n: int
    task_index: int
    model_index: int
    task_id: str
    model: str


class _Mean(Row):
    task_index: int
    model_index: int
    metric: str
    mean: float
    n: int


class _Predicted(Row):
    """``n`` attempts with the same prediction."""

    task_index: int
    model_index: int
    check_name: str
    n: int
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class _Measurements:
    graded: Sequence[_Graded]
    means: Sequence[_Mean]
    predictions: Sequence[_Predicted]


class RunMetricsReader:
    """Caches the metrics of the runs requested last, each with the run's sequence at that time: every verdict raises
    it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: LRUCache[str, tuple[int, RunMetrics]] = LRUCache(CACHED_RUNS)

    async def read(self, run_id: str) -> RunMetrics:
        async with self._database.snapshot() as connection:
            sequence = await connection.value(int, "SELECT sequence FROM runs WHERE run_id = $1", run_id)
            if sequence is None:
                raise unknown_run(run_id)
            cached, metrics = self._cached.get(run_id, (-1, RunMetrics()))
            if cached == sequence:
                return metrics
            found = await _read_measurements(connection, run_id)
        metrics = await asyncio.to_thread(_run_metrics, found)
        self._cached[run_id] = sequence, metrics
        return metrics


async def _read_measurements(connection: Connection, run_id: str) -> _Measurements:
    return _Measurements(
        await connection.rows(_Graded, _GRADED, run_id),
        await connection.rows(_Mean, _MEANS, run_id),
        await connection.rows(_Predicted, _PREDICTIONS, run_id),
    )


def _run_metrics(found: _Measurements) -> RunMetrics:
    """Imports scikit-learn and scipy if there are predictions, which takes a second."""
    sets: dict[tuple[int, int], list[SetMetrics]] = {}
    by_check = groupby(found.predictions, lambda each: (each.task_index, each.model_index, each.check_name))
    for (task_index, model_index, check), predicted in by_check:
        sets.setdefault((task_index, model_index), []).append(_set_metrics(check, list(predicted)))
    means: dict[tuple[int, int], dict[str, Mean]] = {}
    for each in found.means:
        means.setdefault((each.task_index, each.model_index), {})[each.metric] = Mean(value=each.mean, n=each.n)
    return RunMetrics(items=tuple(_task_metrics(each, means, sets) for each in found.graded))


def _task_metrics(
    graded: _Graded, means: dict[tuple[int, int], dict[str, Mean]], sets: dict[tuple[int, int], list[SetMetrics]]
) -> TaskMetrics:
    place = (graded.task_index, graded.model_index)
    return TaskMetrics(
        model=graded.model,
        task_id=graded.task_id,
        n=graded.n,
        means=means.get(place, {}),
        sets=tuple(sets.get(place, ())),
    )


def _set_metrics(check: str, found: Sequence[_Predicted]) -> SetMetrics:
    n = sum(each.n for each in found)
    unreadable = sum(each.n for each in found if each.prediction.predicted is None)
    classification = isinstance(found[0].prediction.expected, str)
    metrics = _classification(found) if classification else _regression(found)
    kind = SetKind.CLASSIFICATION if classification else SetKind.REGRESSION
    return SetMetrics(check=check, kind=kind, n=n, unreadable=unreadable, metrics=metrics)


def _classification(found: Sequence[_Predicted]) -> dict[str, float]:
    expected = [str(each.prediction.expected) for each in _each_attempt(found)]
    predicted = [str(each.prediction.predicted or UNREADABLE) for each in _each_attempt(found)]
    return classification_metrics(expected, predicted, found[0].prediction.positive)


def _regression(found: Sequence[_Predicted]) -> dict[str, float]:
    pairs = [
        (float(each.prediction.expected), float(each.prediction.predicted))
        for each in _each_attempt(found)
        if each.prediction.predicted is not None
    ]
    return regression_metrics([true for true, _ in pairs], [answered for _, answered in pairs]) if pairs else {}


def _each_attempt(found: Iterable[_Predicted]) -> Iterable[_Predicted]:
    return (each for each in found for _ in range(each.n))
