"""A small fake ledger that grants claims, replies to heartbeats and collects reports over the bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Bus, Envelope
from assay.bus.queues import REPORTS, all_queues, orders_queue
from assay.contracts import subjects
from assay.contracts.attempts import Denial, Denied, ExecuteAttempt, Report, Stage, Ticket
from assay.contracts.models import ModelSpec
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import Claim, ClaimAttempts, Claims, Heartbeat, Leases
from assay.contracts.tasks import Solver


class FakeLedger:
    """With ``down`` it replies with a problem of status 503, like the real ledger without Postgres."""

    def __init__(self, bus: Bus, lease_seconds: float = 0.6) -> None:
        self.bus = bus
        self.lease_seconds = lease_seconds
        self.claims: list[ClaimAttempts] = []
        self.heartbeats: list[Heartbeat] = []
        self.reports: list[Report] = []
        self.denied: set[str] = set()
        self.lost: set[str] = set()
        self.share = 1.0
        self.down = False

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[FakeLedger]:
        await self.bus.provision(all_queues())
        await self.bus.rpc.serve("ledger", {ClaimAttempts: self.on_claim, Heartbeat: self.on_heartbeat})
        collecting = asyncio.create_task(self._collect_reports())
        try:
            yield self
        finally:
            collecting.cancel()

    async def order(self, *numbers: int, round_: int = 1, urgent: bool = False) -> None:
        """A later round publishes the same orders again, like the real ledger for orders not claimed in time."""
        subject = subjects.orders(Stage.RUN, urgent=urgent)
        envelopes = [
            Envelope.of(subject, f"o-{n}-{round_}", ExecuteAttempt(attempt_id=f"r-{n}", token=1)) for n in numbers
        ]
        await self.bus.work.publish(envelopes)

    async def on_claim(self, request: ClaimAttempts) -> Claims:
        self._check()
        self.claims.append(request)
        granted = tuple(self._ticket(claim) for claim in request.claims if claim.attempt_id not in self.denied)
        refused = tuple(
            Denied(attempt_id=claim.attempt_id, reason=Denial.CANCELLED)
            for claim in request.claims
            if claim.attempt_id in self.denied
        )
        return Claims(granted=granted, denied=refused)

    async def on_heartbeat(self, heartbeat: Heartbeat) -> Leases:
        self._check()
        self.heartbeats.append(heartbeat)
        return Leases(
            lost=tuple(lease for lease in heartbeat.leases if lease.attempt_id in self.lost), share=self.share
        )

    async def wait_for_reports(self, amount: int, seconds: float = 30) -> list[str]:
        """Wait for this number of reports; returns the ids of their attempts."""
        async with asyncio.timeout(seconds):
            while len(self.reports) < amount:
                await asyncio.sleep(0.01)
        return sorted(report.attempt_id for report in self.reports)

    async def remaining_orders(self) -> int:
        """The number of orders still in the pool's queue."""
        return len(await self.bus.work.fetch(orders_queue(Stage.RUN, "default"), 100, 0.2))

    def _check(self) -> None:
        if self.down:
            raise ProblemError(Problem(code="database_down", title="no database", status=503))

    def _ticket(self, claim: Claim) -> Ticket:
        return Ticket(
            attempt_id=claim.attempt_id,
            token=claim.token,
            project="demo",
            lease_seconds=self.lease_seconds,
            task_id="t",
            task_digest="0" * 64,
            sample_id="s",
            repeat=1,
            model=ModelSpec(name="nop"),
            solver=Solver.ANSWER,
        )

    async def _collect_reports(self) -> None:
        while True:
            with suppress(BusUnavailable):
                for delivery in await self.bus.work.fetch(REPORTS, 100, 1):
                    self.reports.append(delivery.message)
                    await delivery.ack()
