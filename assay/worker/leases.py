"""What a worker holds: leases on attempts, and the tasks that work on them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from assay.contracts.attempts import Ticket
from assay.contracts.rpc import Claim

_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Lease:
    """``working`` takes a slot; after it the report is still to be stored, and the lease must live until it is."""

    ticket: Ticket
    working: bool = True
    lost: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def claim(self) -> Claim:
        return Claim(attempt_id=self.ticket.attempt_id, token=self.ticket.token)


_MAX_REMEMBERED = 10_000


class Leases:
    """By claim. An order delivered twice gives no second lease, nor does one that comes when its work is done and the
    ledger has not taken in the report: work done twice under one token would be paid for twice and reported once."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._leases: dict[Claim, Lease] = {}
        self._started: OrderedDict[Claim, None] = OrderedDict()
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
        """Slots for new work. As many finished attempts as there are slots may wait for their reports to be stored;
        beyond that there is no room for more."""
        working = sum(lease.working for lease in self._leases.values())
        return max(0, min(self._slots - working, 2 * self._slots - len(self._leases)))

    def is_new(self, claim: Claim) -> bool:
        """Whether no work was begun under it, as far back as is remembered."""
        return claim not in self._started

    def add(self, lease: Lease, task: asyncio.Task[None]) -> None:
        """``task`` acts on the lease; the lease is held until it ends, however it ends."""
        lease.task = task
        self._leases[lease.claim] = lease
        self._started[lease.claim] = None
        if len(self._started) > _MAX_REMEMBERED:
            self._started.popitem(last=False)
        task.add_done_callback(lambda _: self._drop(lease))

    def release_slot(self, lease: Lease) -> None:
        lease.working = False
        self._changed.set()

    def _drop(self, lease: Lease) -> None:
        del self._leases[lease.claim]
        self._changed.set()
        task = lease.task
        if task is not None and not task.cancelled() and (error := task.exception()) is not None:
            _log.error(
                "worker.lease_dropped", attempt=lease.ticket.attempt_id, token=lease.ticket.token, exc_info=error
            )

    def mark_lost(self, claims: Iterable[Claim]) -> list[Lease]:
        """Ends the work on these. A finished attempt is still reported: what it cost counts, whoever has the lease."""
        lost = [self._leases[claim] for claim in claims if claim in self._leases]
        for lease in lost:
            lease.lost = True
            if lease.working and lease.task is not None:
                lease.task.cancel()
        return lost

    async def changed(self) -> None:
        """Until a slot was freed or a lease ended."""
        self._changed.clear()
        await self._changed.wait()

    async def ended(self) -> None:
        """Until all work is reported or given up."""
        while tasks := [lease.task for lease in self if lease.task is not None]:
            await asyncio.wait(tasks)

    async def give_up(self, cleanup_seconds: float) -> None:
        """Cancel what is left and give it time to clean up; the ledger hands it to others when the leases run out."""
        for lease in self:
            lease.lost = True
            if lease.task is not None:
                lease.task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(cleanup_seconds):
                await self.ended()
