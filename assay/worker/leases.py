"""A worker's leases on attempts, and the asyncio tasks that process them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from cachetools import LRUCache

from assay.contracts.attempts import Ticket
from assay.contracts.rpc import Claim
from assay.tracing.span import Carrier

_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Lease:
    """A ``working`` lease occupies a slot. Afterwards the lease must stay alive until its report is stored."""

    ticket: Ticket
    trace: Carrier
    working: bool = True
    lost: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def claim(self) -> Claim:
        return Claim(attempt_id=self.ticket.attempt_id, token=self.ticket.token)


_MAX_REMEMBERED = 10_000


class Leases:
    """The leases by claim. A repeated order gets no second lease, even if its work is already done and only the report
    is pending: work repeated under one token would be paid twice and reported once."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._leases: dict[Claim, Lease] = {}
        self._started: LRUCache[Claim, bool] = LRUCache(_MAX_REMEMBERED)
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Lease]:
        return iter(list(self._leases.values()))

    def __len__(self) -> int:
        return len(self._leases)

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(self._leases)

    @property
    def free(self) -> int:
        """Slots for new work. The reports of at most as many finished attempts as there are slots may be pending; more
        occupy slots."""
        working = sum(lease.working for lease in self._leases.values())
        return max(0, min(self._slots - working, 2 * self._slots - len(self._leases)))

    def is_new(self, claim: Claim) -> bool:
        """Whether no work was started for the claim, as far as remembered."""
        return claim not in self._started

    def add(self, lease: Lease, task: asyncio.Task[None]) -> None:
        """Keep the lease until ``task`` ends."""
        lease.task = task
        self._leases[lease.claim] = lease
        self._started[lease.claim] = True
        task.add_done_callback(lambda _: self._drop(lease))

    def release_slot(self, lease: Lease) -> None:
        lease.working = False
        self._changed.set()

    def _drop(self, lease: Lease) -> None:
        del self._leases[lease.claim]
        self._changed.set()
        task = lease.task
        if task is not None and not task.cancelled() and (error := task.exception()) is not None:
            ticket = lease.ticket
            _log.error("worker.lease_dropped", attempt_id=ticket.attempt_id, token=ticket.token, exc_info=error)

    def mark_lost(self, claims: Iterable[Claim]) -> list[Lease]:
        """Cancel the work on these leases. Finished attempts are still reported, because their costs count."""
        lost = [self._leases[claim] for claim in claims if claim in self._leases]
        for lease in lost:
            lease.lost = True
            if lease.working and lease.task is not None:
                lease.task.cancel()
        return lost

    async def changed(self) -> None:
        """Wait until a slot is freed or a lease ends."""
        self._changed.clear()
        await self._changed.wait()

    async def ended(self) -> None:
        """Wait until all leases have ended."""
        while tasks := [lease.task for lease in self if lease.task is not None]:
            await asyncio.wait(tasks)

    async def give_up(self, cleanup_seconds: float) -> None:
        """Cancel the remaining work and allow it to clean up. Other workers get it once the leases expire."""
        for lease in self:
            lease.lost = True
            if lease.task is not None:
                lease.task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(cleanup_seconds):
                await self.ended()
