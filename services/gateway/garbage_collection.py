"""Garbage collection: deletes content in the artifact stores that no run in the ledger refers to.

The cut-off time is taken first, the references are read after it. Content older than the cut-off that any run will
refer to is therefore already referred to, because the grace period is longer than an attempt can take.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from assay.artifacts import Area, ArtifactStore, collect_garbage
from assay.bus.protocol import Bus
from assay.contracts.rpc import Collected, ExpireRuns, ListReferences, Swept
from services.gateway.errors import NoKnownRuns

_log = structlog.get_logger(__name__)
_PERIOD_SECONDS = 6 * 3600.0
_FIRST_DELAY_SECONDS = 300.0


class LiveDigests:
    """Digests that runs refer to, stored as their first 64 bits. A collision only keeps one piece of garbage."""

    def __init__(self) -> None:
        self._prefixes = array("Q")
        self._sorted = True

    def add(self, digest: str) -> None:
        self._prefixes.append(_prefix(digest))
        self._sorted = False

    def __len__(self) -> int:
        return len(self._prefixes)

    def __contains__(self, digest: object) -> bool:
        if not self._sorted:
            self._prefixes, self._sorted = array("Q", sorted(set(self._prefixes))), True
        prefix = _prefix(str(digest))
        at = bisect_left(self._prefixes, prefix)
        return at < len(self._prefixes) and self._prefixes[at] == prefix


class GarbageCollector:
    """One collection at a time in this process; several gateways may collect concurrently. Without ``retention_days``
    artifacts never expire."""

    def __init__(
        self, bus: Bus, stores: Mapping[Area, ArtifactStore], retention_days: float | None, grace_hours: float
    ) -> None:
        self._bus, self._stores = bus, stores
        self._retention_days, self._grace = retention_days, timedelta(hours=grace_hours)
        self._lock = asyncio.Lock()

    async def collect(self, older_than_days: float | None = None, *, dry_run: bool = False) -> Collected:
        """``older_than_days`` overrides ``retention_days``. Raises ProblemError, BusError or ArtifactError."""
        async with self._lock:
            now = datetime.now(UTC)
            if not await self._live_digests(Area.PUBLIC, None):
                raise NoKnownRuns
            days = self._retention_days if older_than_days is None else older_than_days
            ended_before = None if days is None else now - timedelta(days=days)
            expired = 0
            if ended_before is not None:
                request = ExpireRuns(ended_before=ended_before, dry_run=dry_run)
                expired = (await self._bus.rpc.request(request)).runs
            swept = {
                area.value: await self._sweep(area, now - self._grace, ended_before, dry_run=dry_run) for area in Area
            }
            collected = Collected(dry_run=dry_run, expired_runs=expired, areas=swept)
            total = sum(swept.values(), Swept())
            _log.info(
                "artifacts.collected", dry_run=dry_run, runs=expired, deleted=total.deleted, bytes=total.freed_bytes
            )
            return collected

    async def run_forever(self, first_seconds: float = _FIRST_DELAY_SECONDS) -> None:
        """Collects every six hours. Failures are logged, and the next collection tries again."""
        await asyncio.sleep(first_seconds)
        while True:
            try:
                await self.collect()
            except Exception as error:
                _log.warning("artifacts.collection_failed", reason=repr(error))
            await asyncio.sleep(_PERIOD_SECONDS)

    async def _sweep(self, area: Area, before: datetime, ended_before: datetime | None, *, dry_run: bool) -> Swept:
        """A dry run expires no runs, so the ledger is asked for the references that would remain."""
        live = await self._live_digests(area, ended_before if dry_run else None)
        return await collect_garbage(self._stores[area], live, before, dry_run=dry_run)

    async def _live_digests(self, area: Area, ended_before: datetime | None) -> LiveDigests:
        """All digests in the area that runs refer to."""
        live, cursor = LiveDigests(), ""
        while True:
            query = ListReferences(area=area.value, ended_before=ended_before, cursor=cursor)
            page = await self._bus.rpc.request(query)
            for digest in page.digests:
                live.add(digest)
            if not (cursor := page.next_cursor):
                return live


def _prefix(digest: str) -> int:
    return int(digest[:16], 16)
