"""Garbage collection: what runs refer to is asked of the ledger, and what is in the stores is held against it.

The moment before which content counts as old is taken first, the references are collected after it. So whatever was
stored before that moment and is referred to at all was referred to when they were collected, as long as the grace
period is longer than an attempt can take.
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
    """Digests by their first 64 bits: 8 bytes each, and should two be alike, one piece of garbage too many is kept."""

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
        head = _prefix(str(digest))
        at = bisect_left(self._prefixes, head)
        return at < len(self._prefixes) and self._prefixes[at] == head


class GarbageCollector:
    """One collection at a time in this process; two of different gateways do no harm. ``retention_days`` None gives
    nothing up."""

    def __init__(
        self, bus: Bus, stores: Mapping[Area, ArtifactStore], retention_days: float | None, grace_hours: float
    ) -> None:
        self._bus, self._stores = bus, stores
        self._retention_days, self._grace = retention_days, timedelta(hours=grace_hours)
        self._lock = asyncio.Lock()

    async def collect(self, older_than_days: float | None = None, *, dry_run: bool = False) -> Collected:
        """``older_than_days`` instead of what is set. Raises ProblemError, BusError or ArtifactError."""
        async with self._lock:
            now = datetime.now(UTC)
            if not await self._live_digests(Area.PUBLIC, None):
                raise NoKnownRuns
            days = self._retention_days if older_than_days is None else older_than_days
            ended_before = None if days is None else now - timedelta(days=days)
            expired = 0
            if ended_before is not None:
                order = ExpireRuns(ended_before=ended_before, dry_run=dry_run)
                expired = (await self._bus.rpc.request(order)).runs
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
        """For ever, now and then. What goes wrong is told, and tried again the next time."""
        await asyncio.sleep(first_seconds)
        while True:
            try:
                await self.collect()
            except Exception as error:
                _log.warning("artifacts.not_collected", reason=repr(error))
            await asyncio.sleep(_PERIOD_SECONDS)

    async def _sweep(self, area: Area, before: datetime, ended_before: datetime | None, *, dry_run: bool) -> Swept:
        """In a dry run no run has been expired, so the ledger is asked as if."""
        marks = await self._live_digests(area, ended_before if dry_run else None)
        return await collect_garbage(self._stores[area], marks, before, dry_run=dry_run)

    async def _live_digests(self, area: Area, ended_before: datetime | None) -> LiveDigests:
        """All that runs refer to in the area."""
        marks, cursor = LiveDigests(), ""
        while True:
            query = ListReferences(area=area.value, ended_before=ended_before, cursor=cursor)
            page = await self._bus.rpc.request(query)
            for digest in page.digests:
                marks.add(digest)
            if not (cursor := page.next_cursor):
                return marks


def _prefix(digest: str) -> int:
    return int(digest[:16], 16)
