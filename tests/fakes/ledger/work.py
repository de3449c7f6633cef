"""Work for runners and judges: orders, claims, heartbeats and reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Bus, Envelope
from assay.bus.queues import REPORTS, all_queues, orders_queue
from assay.contracts import subjects
from assay.contracts.attempts import Denial, Denied, ExecuteAttempt, Report, Stage, Ticket
from assay.contracts.models import ModelSpec
from assay.contracts.rpc import Claim, ClaimAttempts, Claims, Heartbeat, Leases
from assay.contracts.tasks import Solver


class FakeWorkQueue:
    """Grants the tickets of attempts that were ordered. ``denied`` attempts are cancelled, ``lost`` ones lose their
    lease at the next heartbeat."""

    def __init__(self, bus: Bus, lease_seconds: float) -> None:
        self.bus = bus
        self.lease_seconds = lease_seconds
        self.share = 1.0
        self.denied: set[str] = set()
        self.lost: set[str] = set()
        self.claims: list[ClaimAttempts] = []
        self.heartbeats: list[Heartbeat] = []
        self.reports: list[Report] = []
        self._tickets: dict[str, Ticket] = {}
        self._holders: dict[str, str] = {}

    def handlers(self) -> dict[Any, Any]:
        return {ClaimAttempts: self._claim, Heartbeat: self._heartbeat}

    @asynccontextmanager
    async def collecting_reports(self) -> AsyncGenerator[None]:
        await self.bus.provision(all_queues())
        task = asyncio.create_task(self._collect_reports())
        try:
            yield
        finally:
            task.cancel()

    async def order(self, *tickets: Ticket | int, publication: int = 1, urgent: bool = False) -> None:
        """Order attempts; a number stands for the ticket of ``r-<number>``. A second ``publication`` repeats orders, as
        for those not claimed in time."""
        ordered = [self.ticket(f"r-{each}") if isinstance(each, int) else each for each in tickets]
        self._tickets |= {ticket.attempt_id: ticket for ticket in ordered}
        subject = subjects.orders(Stage.RUN, urgent=urgent)
        envelopes = [
            Envelope.of(
                subject,
                f"{ticket.attempt_id}-{ticket.token}-{publication}",
                ExecuteAttempt(attempt_id=ticket.attempt_id, token=ticket.token),
            )
            for ticket in ordered
        ]
        await self.bus.work.publish(envelopes)

    def ticket(self, attempt_id: str) -> Ticket:
        return Ticket(
            attempt_id=attempt_id,
            token=1,
            project="demo",
            lease_seconds=self.lease_seconds,
            task_id="t",
            task_digest="0" * 64,
            sample_id="s",
            repeat=1,
            model=ModelSpec(name="nop"),
            solver=Solver.ANSWER,
        )

    async def wait_for_reports(self, count: int, seconds: float = 60) -> list[str]:
        """The ids of all attempts reported so far, once there are ``count`` reports."""
        async with asyncio.timeout(seconds):
            while len(self.reports) < count:
                await asyncio.sleep(0.01)
        return sorted(report.attempt_id for report in self.reports)

    async def wait_for_heartbeats(self, count: int = 2) -> None:
        """Wait for ``count`` more; the first of them can be one that was sent before."""
        expected = len(self.heartbeats) + count
        while len(self.heartbeats) < expected:
            await asyncio.sleep(0.01)

    async def remaining_orders(self) -> int:
        """The number of orders still in the queue."""
        return len(await self.bus.work.fetch(orders_queue(Stage.RUN), 100, 0.2))

    async def _claim(self, request: ClaimAttempts) -> Claims:
        self.claims.append(request)
        denied = tuple(
            Denied(attempt_id=claim.attempt_id, reason=reason)
            for claim in request.claims
            if (reason := self._denial(claim, request.worker_id))
        )
        refused = {each.attempt_id for each in denied}
        granted = tuple(self._tickets[claim.attempt_id] for claim in request.claims if claim.attempt_id not in refused)
        self._holders |= {ticket.attempt_id: request.worker_id for ticket in granted}
        return Claims(granted=granted, denied=denied)

    def _denial(self, claim: Claim, worker_id: str) -> Denial | None:
        ticket = self._tickets.get(claim.attempt_id)
        if ticket is None:
            return Denial.UNKNOWN
        if claim.attempt_id in self.denied:
            return Denial.CANCELLED
        if ticket.token != claim.token:
            return Denial.SUPERSEDED
        return Denial.LEASED if self._holders.get(claim.attempt_id, worker_id) != worker_id else None

    async def _heartbeat(self, heartbeat: Heartbeat) -> Leases:
        self.heartbeats.append(heartbeat)
        lost = (lease for lease in heartbeat.leases if not self._holds(lease, heartbeat.worker_id))
        return Leases(lost=tuple(lost), share=self.share)

    def _holds(self, lease: Claim, worker_id: str) -> bool:
        ticket = self._tickets.get(lease.attempt_id)
        current = ticket is not None and ticket.token == lease.token
        return current and self._holders.get(lease.attempt_id) == worker_id and lease.attempt_id not in self.lost

    async def _collect_reports(self) -> None:
        while True:
            with suppress(BusUnavailable):
                for delivery in await self.bus.work.fetch(REPORTS, 100, 1):
                    self.reports.append(delivery.message)
                    await delivery.ack()
