"""Adding results to the leaderboard: sums kept with every verdict, so that reading costs by models and tasks, not by
attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.contracts.runs import RunPlan
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection
from services.ledger.money.usage import TOKENS
from services.ledger.runs.plans import Plans

KEY = ("project", "suite", "task_id", "task_digest", "model")
"""The columns that identify a cell."""

SUMS = ("n", "passed", "errors", "score_sum", "duration_sum_seconds", "cost_nanousd", *TOKENS)

CellKey = tuple[str, str, str, str, str]

_ADD_CELLS = f"""
INSERT INTO cells ({", ".join(KEY)}, category, weight, last_run_id, {", ".join(SUMS)})
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::text[],
  $9::int[], $10::int[], $11::int[], $12::float8[], $13::float8[], $14::bigint[],
  $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[])
ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET last_run_id = excluded.last_run_id, updated_at = now(),
  revision = cells.revision + 1, weight = excluded.weight,
  {", ".join(f"{name} = cells.{name} + excluded.{name}" for name in SUMS)}
"""

_ADD_METRICS = f"""
INSERT INTO cell_metrics ({", ".join(KEY)}, metric, n, total)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::float8[])
ON CONFLICT ({", ".join(KEY)}, metric) DO UPDATE
SET n = cell_metrics.n + excluded.n, total = cell_metrics.total + excluded.total
"""


@dataclass(slots=True)
class CellSums:
    """What is added to a cell."""

    category: str
    weight: float
    run_id: str
    n: int = 0
    passed: int = 0
    errors: int = 0
    score_sum: float = 0.0
    duration_sum_seconds: float = 0.0
    cost_nanousd: int = 0
    tokens: tuple[int, ...] = (0,) * len(TOKENS)

    def add(self, attempt: AttemptRow) -> None:
        """An attempt that has just become done."""
        if attempt.score is not None:
            self.n += 1
            self.passed += attempt.outcome is Outcome.PASSED
            self.score_sum += attempt.score
            self.duration_sum_seconds += attempt.duration_seconds
        else:
            self.errors += attempt.outcome is Outcome.INFRA_ERROR
        self.cost_nanousd += attempt.cost_nanousd
        self.tokens = tuple(map(sum, zip(self.tokens, attempt.tokens, strict=True)))

    @property
    def values(self) -> tuple[int | float, ...]:
        """In the order of ``SUMS``."""
        counts = self.n, self.passed, self.errors
        return (*counts, self.score_sum, self.duration_sum_seconds, self.cost_nanousd, *self.tokens)


async def add_results(
    connection: Connection, plans: Plans, results: Sequence[tuple[AttemptRow, Mapping[str, float]]]
) -> None:
    """Add attempts that have just become done, each with its metrics."""
    cells: dict[CellKey, CellSums] = {}
    metrics: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
    for attempt, measured in results:
        plan = await plans.get(connection, attempt.run_id)
        if not counts_for_leaderboard(plan):
            continue
        task = plan.tasks[attempt.task_index]
        key = (plan.project, plan.suite, task.task_id, task.digest, attempt.model)
        cells.setdefault(key, CellSums(attempt.category, task.weight, attempt.run_id)).add(attempt)
        for metric, value in measured.items():
            metrics[(*key, metric)].append(value)
    rows = [(*key, sums.category, sums.weight, sums.run_id, *sums.values) for key, sums in sorted(cells.items())]
    await connection.execute_columns(_ADD_CELLS, rows)
    totals = [(*key, len(values), sum(values)) for key, values in sorted(metrics.items())]
    await connection.execute_columns(_ADD_METRICS, totals)


def counts_for_leaderboard(plan: RunPlan) -> bool:
    """A model that was shown the tests is not compared with models that were not."""
    return not plan.include_tests
