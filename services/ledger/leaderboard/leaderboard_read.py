"""Reading leaderboards: in one statement, and only if something was added since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from cachetools import LRUCache

from assay.contracts.imported_runs import IMPORTED_SUITE
from assay.contracts.leaderboard import Board, BoardRow
from assay.contracts.models import Usage
from assay.contracts.money import usd
from assay.contracts.rpc import GetBoard
from assay.contracts.tasks import Difficulty
from services.ledger.database.database import Database
from services.ledger.leaderboard.leaderboard_write import LABELS, SUMS

CACHED_BOARDS = 64

# Each addition to a cell raises its revision by one: as long as their sum is the same, nothing was added.
_REVISION = "SELECT coalesce(sum(revision), 0)::bigint FROM cells"

# Results of another framework are not mixed with those of Assay.
_OF_SUITE = f"(suite = $1 OR ($1 = '' AND NOT starts_with(suite, '{IMPORTED_SUITE}')))"

# Of a task that has changed, only the version graded last counts: sums over different tasks cannot be compared.
_VERSIONS = f"""
SELECT project, task_id, task_digest,
  row_number() OVER (PARTITION BY project, task_id ORDER BY max(updated_at) DESC) AS age
FROM cells WHERE {_OF_SUITE} GROUP BY project, task_id, task_digest
"""
_CURRENT = f"""
{_OF_SUITE}
  AND (project, task_id, task_digest) NOT IN (SELECT project, task_id, task_digest FROM versions WHERE age > 1)
"""
_LABELLED = " AND ".join(f"(${place} = '' OR {name} = ${place})" for place, name in enumerate(LABELS, 2))
_FILTERED = f"{_CURRENT} AND {_LABELLED}"

_NAMES = f"""
SELECT suite, {", ".join(LABELS)}, sum(revision) AS revision FROM cells GROUP BY suite, {", ".join(LABELS)}
"""

_TOTALS = f"""
SELECT model, max((updated_at, last_run_id)) AS last, {", ".join(f"sum({name}) AS {name}" for name in SUMS)}
FROM cells WHERE {_FILTERED} GROUP BY model
"""

# A score is the mean over tasks of the mean score on each, weighted by task; runs in several suites count as one task.
_SCORES = f"""
SELECT model, category, count(mean) AS tasks, coalesce(sum(weight * mean), 0) AS weighted,
  coalesce(sum(weight) FILTER (WHERE mean IS NOT NULL), 0) AS weight
FROM (
  SELECT model, category, max(weight) AS weight, sum(score_sum) / nullif(sum(n), 0) AS mean
  FROM cells WHERE {_FILTERED} GROUP BY model, task_id, category
) per_task GROUP BY model, category ORDER BY model, category
"""

_METRICS = f"""
SELECT model, task_id || '.' || metric AS metric, sum(total) / sum(n) AS mean FROM cell_metrics
WHERE {_CURRENT} AND (task_id, task_digest) IN (SELECT task_id, task_digest FROM cells WHERE {_LABELLED})
GROUP BY model, task_id, metric HAVING sum(n) > 0
"""

# All in one statement: one round trip and one snapshot.
_READ = f"""
WITH versions AS ({_VERSIONS}) SELECT json_build_object(
  'names', ARRAY(SELECT to_json(n) FROM ({_NAMES}) n), 'totals', ARRAY(SELECT to_json(t) FROM ({_TOTALS}) t),
  'scores', ARRAY(SELECT to_json(s) FROM ({_SCORES}) s), 'metrics', ARRAY(SELECT to_json(m) FROM ({_METRICS}) m))
"""


class _Name(msgspec.Struct):
    suite: str
    category: str
    difficulty: str
    language: str
    revision: int


class _Last(msgspec.Struct):
    """An SQL row value: Postgres names its fields."""

    f1: datetime
    f2: str


class _Total(msgspec.Struct):
    model: str
    last: _Last
    n: int
    passed: int
    errors: int
    flagged: int
    impossible_attempts: int
    impossible_passed: int
    duration_sum_seconds: float
    cost_nanousd: int
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int


class _Score(msgspec.Struct):
    model: str
    category: str
    tasks: int
    weighted: float
    weight: float


class _Metric(msgspec.Struct):
    model: str
    metric: str
    mean: float


class _Leaderboard(msgspec.Struct):
    names: list[_Name]
    totals: list[_Total]
    scores: list[_Score]
    metrics: list[_Metric]

    @property
    def revision(self) -> int:
        return sum(name.revision for name in self.names)


class LeaderboardReader:
    """Caches the boards requested last, each with the revision it was read at."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: LRUCache[GetBoard, tuple[int, Board]] = LRUCache(CACHED_BOARDS)

    async def read(self, query: GetBoard) -> Board:
        async with self._database.session() as connection:
            revision = await connection.value(int, _REVISION) or 0
            cached, board = self._cached.get(query, (-1, Board()))
            if cached != revision:
                text = (
                    await connection.value(str, _READ, query.suite, *(getattr(query, name) for name in LABELS)) or "{}"
                )
                found = msgspec.json.decode(text, type=_Leaderboard)
                revision, board = found.revision, _board(query, found)
        self._cached[query] = revision, board
        return board


def _board(query: GetBoard, found: _Leaderboard) -> Board:
    scores: defaultdict[str, list[_Score]] = defaultdict(list)
    for score in found.scores:
        scores[score.model].append(score)
    metrics: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for each in found.metrics:
        metrics[each.model][each.metric] = each.mean
    rows = [_row(total, scores[total.model], metrics[total.model]) for total in found.totals]
    return Board(
        suite=query.suite,
        category=query.category,
        difficulty=query.difficulty,
        language=query.language,
        rows=ranked(rows),
        suites=_sorted(name.suite for name in found.names),
        categories=_sorted(name.category for name in found.names),
        difficulties=tuple(
            each.value for each in Difficulty if each.value in {name.difficulty for name in found.names}
        ),
        languages=_sorted(name.language for name in found.names),
        updated_at=max((total.last.f1 for total in found.totals), default=None),
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names) - {""}))


def _row(total: _Total, scores: Sequence[_Score], metrics: dict[str, float]) -> BoardRow:
    n, cost = total.n, total.cost_nanousd
    paid = n + total.impossible_attempts
    return BoardRow(
        model=total.model,
        n=n,
        passed=total.passed,
        errors=total.errors,
        flagged=total.flagged,
        impossible_attempts=total.impossible_attempts,
        impossible_passed=total.impossible_passed,
        score=_mean(scores),
        pass_rate=total.passed / n if n else None,
        cost_usd=usd(cost),
        cost_per_attempt_usd=usd(cost // paid if paid else 0),
        duration_seconds=total.duration_sum_seconds / n if n else 0.0,
        usage=Usage(
            input_tokens=total.input_tokens,
            cached_tokens=total.cached_tokens,
            cache_write_tokens=total.cache_write_tokens,
            output_tokens=total.output_tokens,
            reasoning_tokens=total.reasoning_tokens,
        ),
        tasks=sum(score.tasks for score in scores),
        categories={each.category: mean for each in scores if (mean := _mean([each])) is not None},
        metrics=metrics,
        last_run_id=total.last.f2,
    )


def ranked(rows: Sequence[BoardRow]) -> tuple[BoardRow, ...]:
    """Best score first, then models without a score; equal scores share a rank."""
    scores = sorted((_rounded(row.score) for row in rows if row.score is not None), reverse=True)
    ranks = {score: rank for rank, score in reversed(list(enumerate(scores, 1)))}
    found = [
        row if row.score is None else msgspec.structs.replace(row, rank=ranks[_rounded(row.score)]) for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (row.rank is None, row.rank or 0, row.model)))


def _rounded(score: float) -> float:
    """Sums of the same scores in another order differ in their last digits."""
    return round(score, 9)


def _mean(scores: Sequence[_Score]) -> float | None:
    weight = sum(score.weight for score in scores)
    return sum(score.weighted for score in scores) / weight if weight else None
