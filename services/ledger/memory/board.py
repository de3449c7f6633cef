"""The leaderboard's sums, and what is read of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assay.contracts.models import Usage
from assay.contracts.money import usd
from assay.contracts.runs import BoardRow
from services.ledger.memory.rules.board import KEY, SUMS, Sums, cell_of, is_counted
from services.ledger.memory.rules.views import usage_of
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def count_in(store: MemoryStore, done: Iterable[tuple[Row, Mapping[str, float]]]) -> None:
    """Add attempts that have just become done, with their metrics, to the leaderboard's sums."""
    for attempt, measured in done:
        plan = store.plans[attempt["run_id"]]["body"]
        if not is_counted(plan):
            continue
        key, sums = cell_of(attempt, plan)
        sums.add(attempt)
        _add_cell(store, key, sums)
        for metric, value in measured.items():
            _add_metric(store, key, metric, value)


def _add_cell(store: MemoryStore, key: tuple[str, ...], sums: Sums) -> None:
    known = store.cells.get(key)
    totals = {name: value + (known[name] if known else 0) for name, value in zip(SUMS, sums.values, strict=True)}
    labels = {"weight": sums.weight, "last_run_id": sums.run_id, "updated_at": store.at}
    if known:
        store.cells.change(key, **totals, **labels)
    else:
        identity = dict(zip(KEY, key, strict=True))
        store.cells.insert(key, {**identity, "category": sums.category, **totals, **labels})


def _add_metric(store: MemoryStore, cell: tuple[str, ...], metric: str, value: float) -> None:
    key = (*cell, metric)
    known = store.metrics.get(key)
    if known:
        store.metrics.change(key, n=known["n"] + 1, total=known["total"] + value)
    else:
        identity = dict(zip((*KEY, "metric"), key, strict=True))
        store.metrics.insert(key, {**identity, "n": 1, "total": value})


def board_row(model: str, cells: Sequence[Row], metrics: dict[str, float]) -> BoardRow:
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
    means = [(max(c["weight"] for c in of), _sum(of, "score_sum") / _sum(of, "n")) for of in by_task.values()]
    weight = sum(weight for weight, _ in means)
    return sum(weight * mean for weight, mean in means) / weight if weight else 0.0


def _sum(cells: Sequence[Row], column: str) -> Any:
    return sum(cell[column] for cell in cells)
