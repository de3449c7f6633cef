"""Adding results to the leaderboard: sums kept with every verdict, so that reading costs by models and tasks, not by
attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.contracts.runs import RunPlan
from assay.contracts.tasks import TaskPin
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.revisions import Revised
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection
from services.ledger.money.usage import TOKENS
from services.ledger.runs.plans import Plans

KEY = ("project", "suite", "task_id", "task_digest", "model")
"""The columns that identify a cell."""

LABELS = ("category", "difficulty", "language")
"""Properties of the cell's task, by which boards can be filtered."""

SUMS = (
    *("n", "passed", "errors", "flagged", "impossible_attempts", "impossible_passed"),
    *("score_sum", "duration_sum_seconds", "cost_nanousd", *TOKENS),
)

_REVISED = SUMS[:8]
"""A new verdict changes these: not the cost."""

CellKey = tuple[str, str, str, str, str]

_ADD_CELLS = f"""
INSERT INTO cells ({", ".join((*KEY, *LABELS))}, weight, last_run_id, {", ".join(SUMS)})
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::float8[], $10::text[], $11::int[], $12::int[], $13::int[], $14::int[], $15::int[], $16::int[], $17::float8[],
  $18::float8[], $19::bigint[], {", ".join(f"${20 + place}::bigint[]" for place in range(len(TOKENS)))})
ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET last_run_id = excluded.last_run_id, updated_at = now(),
  revision = cells.revision + 1, weight = excluded.weight,
  {", ".join(f"{name} = excluded.{name}" for name in LABELS)},
  {", ".join(f"{name} = cells.{name} + excluded.{name}" for name in SUMS)}
"""

# Not a newer result: which version of its task counts, and which run was last, stays as it is.
_REVISE_CELLS = f"""
UPDATE cells SET revision = cells.revision + 1, {", ".join(f"{name} = cells.{name} + d.{name}" for name in _REVISED)}
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::int[], $9::int[],
  $10::int[], $11::int[], $12::float8[], $13::float8[]) AS d({", ".join((*KEY, *_REVISED))})
WHERE {" AND ".join(f"cells.{name} = d.{name}" for name in KEY)}
"""

_ADD_METRICS = f"""
INSERT INTO cell_metrics ({", ".join(KEY)}, metric, n, total)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::float8[])
ON CONFLICT ({", ".join(KEY)}, metric) DO UPDATE
SET n = cell_metrics.n + excluded.n, total = cell_metrics.total + excluded.total
"""


@dataclass(slots=True)
class CellSums:
    """What is added to a cell. ``labels`` are in the order of ``LABELS``."""

    labels: tuple[str, str, str]
    weight: float
    run_id: str
    n: int = 0
    passed: int = 0
    errors: int = 0
    flagged: int = 0
    impossible_attempts: int = 0
    impossible_passed: int = 0
    score_sum: float = 0.0
    duration_sum_seconds: float = 0.0
    cost_nanousd: int = 0
    tokens: tuple[int, ...] = (0,) * len(TOKENS)

    def add(self, attempt: AttemptRow) -> None:
        """An attempt that has just become done."""
        self._add_result(attempt, 1)
        self.cost_nanousd += attempt.cost_nanousd
        self.tokens = tuple(map(sum, zip(self.tokens, attempt.tokens, strict=True)))

    def revise(self, before: AttemptRow, after: AttemptRow) -> None:
        """An attempt whose verdict has changed; its cost has not."""
        self._add_result(before, -1)
        self._add_result(after, 1)

    def _add_result(self, attempt: AttemptRow, count: int) -> None:
        """A score at an impossible task counts apart: it says nothing of how good the model is."""
        passed = attempt.outcome is Outcome.PASSED
        if attempt.score is None:
            self.errors += count * (attempt.outcome is Outcome.INFRA_ERROR)
        elif attempt.impossible:
            self.impossible_attempts += count
            self.impossible_passed += count * passed
        else:
            self.n += count
            self.passed += count * passed
            self.flagged += count * attempt.flagged_pass
            self.score_sum += count * attempt.score
            self.duration_sum_seconds += count * attempt.duration_seconds

    @property
    def values(self) -> tuple[int | float, ...]:
        """In the order of ``SUMS``."""
        counts = self.n, self.passed, self.errors, self.flagged, self.impossible_attempts, self.impossible_passed
        return (*counts, self.score_sum, self.duration_sum_seconds, self.cost_nanousd, *self.tokens)


async def add_results(
    connection: Connection, plans: Plans, results: Sequence[tuple[AttemptRow, Mapping[str, float]]]
) -> None:
    """Add attempts that have just become done, each with its metrics."""
    cells: dict[CellKey, CellSums] = {}
    metrics: list[tuple[object, ...]] = []
    for attempt, measured in results:
        plan = await plans.get(connection, attempt.run_id)
        if not counts_for_leaderboard(plan):
            continue
        key, task = _cell(plan, attempt)
        cells.setdefault(key, _sums(task, attempt)).add(attempt)
        if not attempt.impossible:
            metrics += [(*key, metric, 1, value) for metric, value in measured.items()]
    rows = [(*key, *sums.labels, sums.weight, sums.run_id, *sums.values) for key, sums in sorted(cells.items())]
    await connection.execute_columns(_ADD_CELLS, rows)
    await connection.execute_columns(_ADD_METRICS, _totals(metrics))


async def revise_results(connection: Connection, plans: Plans, revised: Sequence[Revised]) -> None:
    """Replace what attempts had added by what their new verdicts say."""
    cells: dict[CellKey, CellSums] = {}
    metrics: list[tuple[object, ...]] = []
    for each in revised:
        plan, attempt = await plans.get(connection, each.after.run_id), each.after
        if attempt.reused_from or not counts_for_leaderboard(plan):
            continue
        key, task = _cell(plan, attempt)
        cells.setdefault(key, _sums(task, attempt)).revise(each.before, attempt)
        if attempt.impossible:
            continue
        earlier = each.verdict_before.metrics if each.verdict_before else {}
        metrics += [(*key, metric, -1, -value) for metric, value in earlier.items()]
        metrics += [(*key, metric, 1, value) for metric, value in each.new.verdict.metrics.items()]
    rows = [(*key, *sums.values[: len(_REVISED)]) for key, sums in sorted(cells.items())]
    await connection.execute_columns(_REVISE_CELLS, rows)
    await connection.execute_columns(_ADD_METRICS, _totals(metrics))


def counts_for_leaderboard(plan: RunPlan) -> bool:
    """A model that was shown the tests is not compared with models that were not. Runs that grade others again revise
    the results of those."""
    return not plan.include_tests and not plan.regrades


def _cell(plan: RunPlan, attempt: AttemptRow) -> tuple[CellKey, TaskPin]:
    """The cell that an attempt counts in, and its task."""
    task = plan.tasks[attempt.task_index]
    return (plan.project, plan.suite, task.task_id, task.digest, attempt.model), task


def _sums(task: TaskPin, attempt: AttemptRow) -> CellSums:
    return CellSums((attempt.category, task.difficulty.value, task.language), task.weight, attempt.run_id)


def _totals(metrics: Sequence[tuple[Any, ...]]) -> list[tuple[object, ...]]:
    """One row per cell and metric, from rows that end with a count and a value."""
    counts: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    sums: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    for *key, count, value in metrics:
        counts[tuple(key)] += count
        sums[tuple(key)] += value
    return [(*key, counts[key], sums[key]) for key in sorted(counts)]
