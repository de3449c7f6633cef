"""What is kept of what runs left: which content is still referred to, and which runs have had theirs given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from assay.contracts.rpc import Expired, ExpireRuns, ListReferences, References
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


class MemoryRetention:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def expire(self, order: ExpireRuns) -> Expired:
        return self._store.transact(lambda: self._expire(order))

    async def references(self, query: ListReferences) -> References:
        if query.area == "attempts":
            rows = [row for row in self._store.attempts if self._is_kept(row["run_id"], query.ended_before)]
            key = "attempt_id"
        else:
            rows, key = list(self._store.plans), "run_id"
        page = sorted((row for row in rows if row[key] > query.cursor), key=lambda row: row[key])[: query.limit]
        found = (self._left_by(row) if query.area == "attempts" else _bundles(row, query.area) for row in page)
        digests = {digest for digests in found for digest in digests}
        return References(digests=tuple(digests), next_cursor=page[-1][key] if len(page) == query.limit else "")

    def _expire(self, order: ExpireRuns) -> Expired:
        old = [run for run in self._store.runs if run["expired_at"] is None and _ended(run, order.ended_before)]
        for run in old if not order.dry_run else ():
            self._store.runs.change(run["run_id"], expired_at=self._store.at)
        return Expired(runs=len(old))

    def _is_kept(self, run_id: str, ended_before: datetime | None) -> bool:
        run = self._store.runs[run_id]
        return run["expired_at"] is None and not _ended(run, ended_before)

    def _left_by(self, attempt: Row) -> Iterator[str]:
        """Of a result taken over, what the earlier attempt left."""
        source = attempt["reused_from"] or attempt["attempt_id"]
        for each in self._store.tries.of(source):
            yield from (ref.sha256 for ref in (each["output"], *each["artifacts"].values()) if ref is not None)
        if verdict := self._store.verdicts.get(source):
            yield from (ref.sha256 for ref in verdict["artifacts"].values())


def _ended(run: Row, before: datetime | None) -> bool:
    return before is not None and run["finished_at"] is not None and run["finished_at"] < before


def _bundles(row: Row, area: str) -> Iterator[str]:
    """What a plan names of the area; responses that a run brought along are public, too."""
    yield from (getattr(task, area).sha256 for task in row["body"].tasks)
    if area == "public":
        yield from (pin.replay.sha256 for pin in row["body"].models if pin.replay)
