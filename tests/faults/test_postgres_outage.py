"""Reports that come while Postgres is away are held until it is back, and none is taken for poison."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from services.ledger.errors import Unavailable
from services.ledger.loops import take_reports
from services.ledger.ports import Reports
from tests.ledger.desk import Desk, executed
from tests.ledger.test_loops import ports as ports_of

HASTE = 2


class HastyClock:
    """Two seconds of the bus in one, and no more, or a busy machine lets the wait for an ack pass."""

    def now(self) -> float:
        return HASTE * asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / HASTE)


class Away:
    """The store, away until ``back`` is set."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self.back = asyncio.Event()

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None:
        if not self.back.is_set():
            raise Unavailable(ConnectionRefusedError("Postgres is away"))
        await self._reports.executed(reports)

    async def judged(self, reports: Sequence[object]) -> None:
        raise AssertionError("nothing is judged here")


async def test_reports_are_held_during_an_outage_and_not_delivered_again_and_again(desk: Desk) -> None:
    bus = MemoryBus(HastyClock())
    await bus.provision(all_queues())
    run = await desk.submit(samples=3)
    for ticket in await desk.start(run):
        report = executed(ticket)
        await bus.work.publish([Envelope.of(subjects.report(report), report.message_id, report)])
    away = Away(desk.reports)
    desk.reports = away  # pyright: ignore[reportAttributeAccessIssue]
    taking = asyncio.create_task(take_reports(bus, ports_of(desk), batch=100))
    await asyncio.sleep(1.5 * REPORTS.ack_wait_seconds / HASTE)
    assert await bus.work.fetch(REPORTS, 10, wait_seconds=0.1) == []
    away.back.set()
    async with asyncio.timeout(60):
        while (await desk.runs.get(run.run_id)).progress.executed < 3:
            await asyncio.sleep(0.1)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    assert await bus.work.dead_letters() == []
    await bus.close()
