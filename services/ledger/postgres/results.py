"""Results as people read them: the leaderboard, a run's history of facts, and who is at work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from assay.contracts.models import Usage
from assay.contracts.money import usd
from assay.contracts.rpc import FactPage, GetBoard, ListFacts
from assay.contracts.runs import Board, BoardRow
from services.ledger.postgres.database import Connection, Database
from services.ledger.postgres.rows import Row, usage_of
from services.ledger.settings import LedgerSettings

# Of a task that has changed, only the version graded last counts: sums over different tasks would compare nothing.
_CELLS = """
SELECT c.* FROM cells c JOIN (
  SELECT DISTINCT ON (project, task_id) project, task_id, task_digest FROM cells
  WHERE ($1 = '' OR suite = $1) ORDER BY project, task_id, updated_at DESC
) newest USING (project, task_id, task_digest)
WHERE ($1 = '' OR c.suite = $1) AND ($2 = '' OR c.category = $2)
"""

_METRICS = """
SELECT model, task_id, metric, sum(n) AS n, sum(total) AS total FROM cell_metrics
WHERE ($1 = '' OR suite = $1) AND (task_id, task_digest) = ANY (SELECT * FROM unnest($2::text[], $3::text[]))
GROUP BY model, task_id, metric
"""


_CAPACITY = """
SELECT stage, sum(slots) AS slots FROM workers
WHERE seen_at > clock_timestamp() - make_interval(secs => $1) GROUP BY stage
"""


class PostgresResults:
    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._silence_seconds = settings.worker_silence_seconds

    async def board(self, query: GetBoard) -> Board:
        return await self._database.read(partial(_board, query))

    async def history(self, query: ListFacts) -> FactPage:
        return await self._database.read(partial(_history, query))

    async def capacity(self) -> dict[str, int]:
        async def work(connection: Connection) -> dict[str, int]:
            rows = await connection.fetch(_CAPACITY, self._silence_seconds)
            return {row["stage"]: row["slots"] for row in rows}

        return await self._database.read(work)


async def _history(query: ListFacts, connection: Connection) -> FactPage:
    last = await connection.fetchval("SELECT sequence FROM runs WHERE run_id = $1", query.run_id)
    rows = await connection.fetch(
        "SELECT body FROM facts WHERE run_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        query.run_id,
        query.after,
        query.limit,
    )
    return FactPage(events=tuple(row["body"] for row in rows), last_sequence=last or 0)


async def _board(query: GetBoard, connection: Connection) -> Board:
    cells = await connection.fetch(_CELLS, query.suite, query.category)
    versions = {(cell["task_id"], cell["task_digest"]) for cell in cells}
    ids, digests = [task_id for task_id, _ in versions], [digest for _, digest in versions]
    metrics: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for row in await connection.fetch(_METRICS, query.suite, ids, digests):
        metrics[row["model"]][f"{row['task_id']}.{row['metric']}"] = row["total"] / row["n"]
    by_model: defaultdict[str, list[Row]] = defaultdict(list)
    for cell in cells:
        by_model[cell["model"]].append(cell)
    rows = [_row(model, of_model, metrics[model]) for model, of_model in by_model.items()]
    names = await connection.fetchrow(
        "SELECT array_agg(DISTINCT suite) AS suites, array_agg(DISTINCT category) AS categories FROM cells"
    )
    return Board(
        suite=query.suite,
        category=query.category,
        rows=tuple(sorted(rows, key=lambda row: (-row.score, row.model))),
        suites=tuple(sorted(filter(None, (names and names["suites"]) or ()))),
        categories=tuple(sorted((names and names["categories"]) or ())),
        updated_at=max((cell["updated_at"] for cell in cells), default=None),
    )


def _row(model: str, cells: Sequence[Row], metrics: dict[str, float]) -> BoardRow:
    n, cost = _sum(cells, "n"), _sum(cells, "cost_nanousd")
    by_category: defaultdict[str, list[Row]] = defaultdict(list)
    for cell in cells:
        by_category[cell["category"]].append(cell)
    newest = max(cells, key=lambda cell: cell["updated_at"])
    return BoardRow(
        model=model,
        n=n,
        passed=_sum(cells, "passed"),
        errors=_sum(cells, "errors"),
        score=_score(cells),
        pass_rate=_sum(cells, "passed") / n if n else 0.0,
        cost_usd=usd(cost),
        cost_per_attempt_usd=usd(cost // n if n else 0),
        duration_seconds=_sum(cells, "duration_sum_seconds") / n if n else 0.0,
        usage=sum((usage_of(cell) for cell in cells), Usage()),
        tasks=len({cell["task_id"] for cell in cells if cell["n"]}),
        categories={category: _score(of_category) for category, of_category in sorted(by_category.items())},
        metrics=metrics,
        last_run_id=newest["last_run_id"],
    )


def _score(cells: Sequence[Row]) -> float:
    """The mean over tasks of the mean score on each, weighted by task; runs in several suites count as one task."""
    by_task: defaultdict[str, list[Row]] = defaultdict(list)
    for cell in cells:
        if cell["n"]:
            by_task[cell["task_id"]].append(cell)
    parts = [(cs[0]["weight"], _sum(cs, "score_sum") / _sum(cs, "n")) for cs in by_task.values()]
    weight = sum(weight for weight, _ in parts)
    return sum(weight * score for weight, score in parts) / weight if weight else 0.0


def _sum(cells: Sequence[Row], column: str) -> Any:
    return sum(cell[column] for cell in cells)
