"""References to artifacts in the fake ledger, and the expiry of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import structs

from assay.contracts.rpc import Expired, ExpireRuns, ListReferences, References
from tests.fakes.ledger.run import FakeRun, now


class FakeReferences:
    """Unexpired runs refer to their attempts' artifacts; ``bundles`` are always referred to, in every task area."""

    def __init__(self, runs: dict[str, FakeRun]) -> None:
        self._runs = runs
        self.bundles: list[str] = []

    def handlers(self) -> dict[Any, Any]:
        return {ExpireRuns: self.on_expire, ListReferences: self.on_list}

    async def on_expire(self, request: ExpireRuns) -> Expired:
        old = [fake for fake in self._runs.values() if _expires(fake, request.ended_before)]
        for fake in old if not request.dry_run else ():
            fake.run = structs.replace(fake.run, expired_at=now())
        return Expired(runs=len(old))

    async def on_list(self, request: ListReferences) -> References:
        """Two to a page."""
        digests = self.bundles
        if request.area == "attempts":
            kept = [fake for fake in self._runs.values() if not fake.run.expired_at]
            kept = [fake for fake in kept if not _expires(fake, request.ended_before)]
            digests = [ref.sha256 for fake in kept for ref in fake.artifacts.values()]
        first = int(request.cursor or 0)
        more = str(first + 2) if first + 2 < len(digests) else ""
        return References(digests=tuple(digests[first : first + 2]), next_cursor=more)


def _expires(fake: FakeRun, before: datetime | None) -> bool:
    ended = fake.run.finished_at
    return before is not None and ended is not None and ended < before and fake.run.expired_at is None
