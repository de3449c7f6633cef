"""A ledger of a few lines: grants claims, answers heartbeats, collects reports, all over the bus."""

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
    """``down`` makes it answer with a problem of status 503, as the real one does without Postgres."""

    def __init__(self, bus: Bus, lease_seconds: float = 0.6) -> None:
        self.bus = bus
        self.lease_seconds = lease_seconds
        self.claims: list[ClaimAttempts] = []
        self.beats: list[Heartbeat] = []
        self.reports: list[Report] = []
        self.denied: set[str] = set()
        self.lost: set[str] = set()
        self.share = 1.0
        self.down = False

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[FakeLedger]:
        await self.bus.provision(all_queues())
        await self.bus.rpc.serve("ledger", {ClaimAttempts: self.on_claim, Heartbeat: self.on_heartbeat})
        taking = asyncio.create_task(self._take_reports())
        try:
            yield self
        finally:
            taking.cancel()

    async def order(self, *numbers: int, round_: int = 1, urgent: bool = False) -> None:
        """Another round publishes the same orders anew, as the real one does when nobody claimed them in time."""
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

    async def on_heartbeat(self, beat: Heartbeat) -> Leases:
        self._check()
        self.beats.append(beat)
        return Leases(lost=tuple(lease for lease in beat.leases if lease.attempt_id in self.lost), share=self.share)

    async def reported(self, amount: int, seconds: float = 30) -> list[str]:
        """Ids of the attempts reported on, once there are so many reports."""
        async with asyncio.timeout(seconds):
            while len(self.reports) < amount:
                await asyncio.sleep(0.01)
        return sorted(report.attempt_id for report in self.reports)

    async def left_orders(self) -> int:
        """Orders that a worker of the pool would still be given."""
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

    async def _take_reports(self) -> None:
        while True:
            with suppress(BusUnavailable):
                for delivery in await self.bus.work.fetch(REPORTS, 100, 1):
                    self.reports.append(delivery.message)
                    await delivery.ack()
