"""Results as people read them: the leaderboard, a run's history of facts, and who is at work."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from assay.contracts.money import usd
from assay.contracts.rpc import FactPage, GetBoard, ListFacts
from assay.contracts.runs import Board, BoardRow
from services.ledger.postgres.database import Connection, Database
from services.ledger.rules.rows import TOKENS, Row
from services.ledger.rules.views import usage_of
from services.ledger.settings import LedgerSettings

_SUMS = ("n", "passed", "errors", "duration_sum_seconds", "cost_nanousd", *TOKENS)

# Of a task that has changed, only the version graded last counts: sums over different tasks would compare nothing.
_CURRENT = """
SELECT * FROM (
  SELECT *, first_value(task_digest) OVER (PARTITION BY project, task_id ORDER BY updated_at DESC) AS newest FROM cells
  WHERE $1 = '' OR suite = $1
) c WHERE task_digest = newest AND ($2 = '' OR category = $2)
"""

# A score is the mean over tasks of the mean score on each, weighted by task; runs in several suites count as one task.
_SCORES = f"""
WITH per_task AS (
  SELECT model, task_id, category, max(weight) AS weight, sum(score_sum) AS score_sum, max(updated_at) AS updated_at,
    max((updated_at, last_run_id)) AS last_run, {", ".join(f"sum({name}) AS {name}" for name in _SUMS)}
  FROM ({_CURRENT}) c GROUP BY model, task_id, category
)
SELECT model, category, max(updated_at) AS updated_at, count(*) FILTER (WHERE n > 0)::int AS tasks,
  max(last_run) AS last_run,
  coalesce(sum(weight * score_sum / n) FILTER (WHERE n > 0) / nullif(sum(weight) FILTER (WHERE n > 0), 0), 0) AS score,
  {", ".join(f"sum({name})::{'float8' if 'seconds' in name else 'bigint'} AS {name}" for name in _SUMS)}
FROM per_task GROUP BY GROUPING SETS ((model), (model, category)) ORDER BY model, category NULLS FIRST
"""

_METRICS = f"""
SELECT m.model, m.task_id, metric, sum(m.n) AS n, sum(total) AS total
FROM cell_metrics m JOIN ({_CURRENT}) c USING (project, suite, task_id, task_digest, model)
GROUP BY m.model, m.task_id, metric
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
        "SELECT body FROM facts WHERE run_id = $1 AND sequence > $2 "
        "AND ($4 = '' OR split_part(subject, '.', 5) = $4) ORDER BY sequence LIMIT $3",
        query.run_id,
        query.after,
        query.limit,
        query.entity,
    )
    return FactPage(events=tuple(row["body"] for row in rows), last_sequence=last or 0)


async def _board(query: GetBoard, connection: Connection) -> Board:
    asked = (query.suite, query.category)
    metrics: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for row in await connection.fetch(_METRICS, *asked):
        metrics[row["model"]][f"{row['task_id']}.{row['metric']}"] = row["total"] / row["n"]
    whole: list[Row] = []
    categories: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for row in await connection.fetch(_SCORES, *asked):
        if row["category"] is None:
            whole.append(row)
        else:
            categories[row["model"]][row["category"]] = row["score"]
    rows = [_row(row, categories[row["model"]], metrics[row["model"]]) for row in whole]
    names = await connection.fetchrow(
        "SELECT array_agg(DISTINCT suite) AS suites, array_agg(DISTINCT category) AS categories FROM cells"
    )
    return Board(
        suite=query.suite,
        category=query.category,
        rows=tuple(sorted(rows, key=lambda row: (-row.score, row.model))),
        suites=tuple(sorted(filter(None, (names and names["suites"]) or ()))),
        categories=tuple(sorted((names and names["categories"]) or ())),
        updated_at=max((row["updated_at"] for row in whole), default=None),
    )


def _row(sums: Row, categories: dict[str, float], metrics: dict[str, float]) -> BoardRow:
    n, cost = sums["n"], sums["cost_nanousd"]
    return BoardRow(
        model=sums["model"],
        n=n,
        passed=sums["passed"],
        errors=sums["errors"],
        score=sums["score"],
        pass_rate=sums["passed"] / n if n else 0.0,
        cost_usd=usd(cost),
        cost_per_attempt_usd=usd(cost // n if n else 0),
        duration_seconds=sums["duration_sum_seconds"] / n if n else 0.0,
        usage=usage_of(sums),
        tasks=sums["tasks"],
        categories=categories,
        metrics=metrics,
        last_run_id=sums["last_run"][1],
    )
