"""Reports that arrive while Postgres is unavailable are held until it is back; none is dead-lettered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from services.ledger.errors import Unavailable
from services.ledger.ports import Reports
from services.ledger.report_intake import take_reports
from tests.ledger.harness import LedgerHarness, executed

SPEED_UP = 2


class FastClock:
    """The bus's clock at double speed; any faster, and acks come too late on a busy machine."""

    def now(self) -> float:
        return SPEED_UP * asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED_UP)


class UnavailableReports:
    """Unavailable until ``back`` is set."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self.back = asyncio.Event()

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None:
        if not self.back.is_set():
            raise Unavailable(ConnectionRefusedError("Postgres is unavailable"))
        await self._reports.executed(reports)

    async def judged(self, reports: Sequence[object]) -> None:
        raise AssertionError("no test reports a verdict")


async def test_reports_are_held_during_an_outage_and_not_redelivered(ledger: LedgerHarness) -> None:
    bus = MemoryBus(FastClock())
    await bus.provision(all_queues())
    run = await ledger.submit(samples=3)
    for ticket in await ledger.start_attempts(run):
        report = executed(ticket)
        await bus.work.publish([Envelope.of(subjects.report(report), report.message_id, report)])
    reports = UnavailableReports(ledger.reports)
    taking = asyncio.create_task(take_reports(bus, reports, batch=100))
    await asyncio.sleep(1.5 * REPORTS.ack_wait_seconds / SPEED_UP)
    assert await bus.work.fetch(REPORTS, 10, wait_seconds=0.1) == []
    reports.back.set()
    async with asyncio.timeout(60):
        while (await ledger.runs.get(run.run_id)).progress.executed < 3:
            await asyncio.sleep(0.1)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    assert await bus.work.dead_letters() == []
    await bus.close()
