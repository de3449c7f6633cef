"""Results as people read them: the leaderboard, a run's history of facts, and who is at work."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import islice

from assay.contracts.rpc import FactPage, GetBoard, ListFacts
from assay.contracts.runs import Board
from services.ledger.memory.board import board_row
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.settings import LedgerSettings


class MemoryResults:
    def __init__(self, store: MemoryStore, settings: LedgerSettings) -> None:
        self._store = store
        self._silence_seconds = settings.worker_silence_seconds

    async def board(self, query: GetBoard) -> Board:
        cells = _newest(self._store, query)
        by_model: defaultdict[str, list[Row]] = defaultdict(list)
        for cell in cells:
            by_model[cell["model"]].append(cell)
        rows = [board_row(model, of_model, self._metrics(query, of_model)) for model, of_model in by_model.items()]
        return Board(
            suite=query.suite,
            category=query.category,
            rows=tuple(sorted(rows, key=lambda row: (-row.score, row.model))),
            suites=tuple(sorted({cell["suite"] for cell in self._store.cells} - {""})),
            categories=tuple(sorted({cell["category"] for cell in self._store.cells})),
            updated_at=max((cell["updated_at"] for cell in cells), default=None),
        )

    async def history(self, query: ListFacts) -> FactPage:
        run = self._store.runs.get(query.run_id)
        last = run["sequence"] if run else 0
        later = (self._store.facts[query.run_id, sequence] for sequence in range(query.after + 1, last + 1))
        wanted = (fact["body"] for fact in later if query.entity in ("", fact["subject"].split(".")[4]))
        return FactPage(events=tuple(islice(wanted, query.limit)), last_sequence=last)

    async def capacity(self) -> dict[str, int]:
        return live_slots(self._store, self._silence_seconds)

    def _metrics(self, query: GetBoard, cells: list[Row]) -> dict[str, float]:
        sums: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0])
        wanted = {(cell["task_id"], cell["task_digest"], cell["model"]) for cell in cells}
        for row in self._store.metrics:
            if (row["task_id"], row["task_digest"], row["model"]) in wanted and query.suite in ("", row["suite"]):
                total = sums[f"{row['task_id']}.{row['metric']}"]
                total[0] += row["n"]
                total[1] += row["total"]
        return {metric: total / n for metric, (n, total) in sums.items()}


def live_slots(store: MemoryStore, silence_seconds: float) -> dict[str, int]:
    """Slots of the workers heard of lately, by stage."""
    slots: dict[str, int] = {}
    since = store.clock() - timedelta(seconds=silence_seconds)
    for worker in store.workers:
        if worker["seen_at"] > since:
            slots[worker["stage"]] = slots.get(worker["stage"], 0) + worker["slots"]
    return slots


def _newest(store: MemoryStore, query: GetBoard) -> list[Row]:
    """Of a task that has changed, only the version graded last counts."""
    cells = [cell for cell in store.cells if query.suite in ("", cell["suite"])]
    newest: dict[tuple[str, str], Row] = {}
    for cell in sorted(cells, key=lambda cell: cell["updated_at"]):
        newest[cell["project"], cell["task_id"]] = cell
    digests = {(project, task_id, cell["task_digest"]) for (project, task_id), cell in newest.items()}
    return [
        cell
        for cell in cells
        if (cell["project"], cell["task_id"], cell["task_digest"]) in digests
        and query.category in ("", cell["category"])
    ]
