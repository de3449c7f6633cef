"""The leaderboard: sums kept with every verdict, so that reading it costs by models and tasks, never by attempts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assay.contracts.runs import RunPlan
from assay.contracts.verdicts import Outcome
from services.ledger.memory.rules.rows import TOKENS, Row

KEY = ("project", "suite", "task_id", "task_digest", "model")
"""The columns that name a cell."""

SUMS = ("n", "passed", "errors", "score_sum", "duration_sum_seconds", "cost_nanousd", *TOKENS)


@dataclass(slots=True)
class Sums:
    """What is added to a cell; ``values`` in the order of ``SUMS``."""

    category: str
    weight: float
    run_id: str
    values: list[Any] = field(default_factory=lambda: [0, 0, 0, 0.0, 0.0, 0, 0, 0, 0, 0])

    def add(self, row: Row) -> None:
        """An attempt that has just become done."""
        outcome = Outcome(row["outcome"])
        if outcome.counts:
            parts = (1, int(outcome is Outcome.PASSED), 0, row["score"] or 0.0, row["duration_seconds"])
        else:
            parts = (0, 0, int(outcome is Outcome.INFRA_ERROR), 0.0, 0.0)
        tokens = (row[name] for name in TOKENS)
        for place, part in enumerate((*parts, row["cost_nanousd"], *tokens)):
            self.values[place] += part


def is_counted(plan: RunPlan) -> bool:
    """Whoever was shown the tests is not compared with those who were not."""
    return not plan.include_tests


def cell_of(attempt: Row, plan: RunPlan) -> tuple[tuple[str, ...], Sums]:
    """The key of the attempt's cell, and nothing yet to add to it."""
    task = plan.tasks[attempt["task_index"]]
    key = (plan.project, plan.suite, task.task_id, task.digest, attempt["model"])
    return key, Sums(attempt["category"], task.weight, attempt["run_id"])
