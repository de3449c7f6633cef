"""The loop of runners and judges, against a small ledger on the memory bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from assay.bus.errors import BusClosed
from assay.bus.memory import MemoryBus
from assay.bus.protocol import Bus
from assay.contracts.attempts import AttemptExecuted, Fault, Stage, Ticket
from assay.contracts.rpc import Claim
from assay.contracts.verdicts import Outcome
from assay.worker.worker import Worker, WorkerOptions
from tests.worker.ledger import FakeLedger

OPTIONS = WorkerOptions(worker_id="w1", stage=Stage.RUN, slots=3, drain_seconds=1.0, heartbeat_seconds=0.2)
Act = Callable[[Ticket], Awaitable[AttemptExecuted]]


def executed(ticket: Ticket) -> AttemptExecuted:
    message_id = f"{ticket.attempt_id}:{ticket.token}:executed"
    return AttemptExecuted(message_id=message_id, attempt_id=ticket.attempt_id, token=ticket.token, worker_id="w1")


def failed(ticket: Ticket, error: BaseException) -> AttemptExecuted:
    fault = Fault(kind="worker", message=repr(error), new_try=True)
    report = executed(ticket)
    return AttemptExecuted(
        message_id=report.message_id,
        attempt_id=report.attempt_id,
        token=report.token,
        worker_id="w1",
        outcome=Outcome.INFRA_ERROR,
        fault=fault,
    )


class Desk:
    """Work that takes as long as the test wants, and counts."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.now = self.most = 0
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.finish = asyncio.Event()

    async def work(self, ticket: Ticket) -> AttemptExecuted:
        self.started.append(ticket.attempt_id)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await (asyncio.sleep(self.seconds) if self.seconds else self.finish.wait())
        except asyncio.CancelledError:
            self.cancelled.append(ticket.attempt_id)
            raise
        finally:
            self.now -= 1
        return executed(ticket)

    async def busy_with(self, amount: int) -> None:
        async with asyncio.timeout(5):
            while self.now != amount:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def working(bus: Bus, act: Act, options: WorkerOptions = OPTIONS) -> AsyncGenerator[asyncio.Event]:
    """A running worker; it is told to stop at the end, if it was not before, and must then end by itself."""
    stop = asyncio.Event()
    running = asyncio.create_task(Worker(options, bus, act, failed).run(stop))
    yield stop
    stop.set()
    await asyncio.wait_for(running, options.drain_seconds + 6)


@pytest.fixture
async def ledger() -> AsyncGenerator[FakeLedger]:
    async with FakeLedger(MemoryBus()).serving() as ledger:
        yield ledger


async def test_every_order_is_worked_on_and_reported_once(ledger: FakeLedger) -> None:
    await ledger.order(*range(40))
    async with working(ledger.bus, Desk(0.01).work):
        assert await ledger.reported(40) == sorted(f"r-{n}" for n in range(40))
    assert await ledger.left_orders() == 0


async def test_slots_are_filled_and_never_more(ledger: FakeLedger) -> None:
    desk = Desk(0.02)
    await ledger.order(*range(30))
    async with working(ledger.bus, desk.work):
        await ledger.reported(30)
    assert desk.most == OPTIONS.slots
    assert max(len(request.claims) for request in ledger.claims) == OPTIONS.slots


async def test_orders_are_not_hoarded(ledger: FakeLedger) -> None:
    desk = Desk()
    await ledger.order(*range(5))
    async with working(ledger.bus, desk.work):
        await desk.busy_with(3)
        assert await ledger.left_orders() == 2
        desk.finish.set()


async def test_claims_are_made_in_batches(ledger: FakeLedger) -> None:
    await ledger.order(*range(300))
    async with working(ledger.bus, Desk(0.001).work, replace(OPTIONS, slots=50)):
        await ledger.reported(300)
    assert len(ledger.claims) < 60


async def test_a_denied_order_is_dropped(ledger: FakeLedger) -> None:
    ledger.denied = {"r-1"}
    await ledger.order(0, 1, 2)
    desk = Desk(0.01)
    async with working(ledger.bus, desk.work):
        assert await ledger.reported(2) == ["r-0", "r-2"]
    assert await ledger.left_orders() == 0
    assert sorted(desk.started) == ["r-0", "r-2"]


async def test_an_order_granted_twice_is_worked_on_once(ledger: FakeLedger) -> None:
    desk = Desk()
    async with working(ledger.bus, desk.work):
        await ledger.order(1)
        await desk.busy_with(1)
        await ledger.order(1, 2, round_=2)
        await desk.busy_with(2)
        desk.finish.set()
        assert await ledger.reported(2) == ["r-1", "r-2"]
    assert sum(len(request.claims) for request in ledger.claims) == 3
    assert desk.started == ["r-1", "r-2"]


async def test_heartbeats_tell_slots_and_leases_also_when_idle(ledger: FakeLedger) -> None:
    desk = Desk()
    async with working(ledger.bus, desk.work):
        await asyncio.sleep(0.5)
        assert len(ledger.beats) >= 2
        assert {(beat.slots, beat.leases) for beat in ledger.beats} == {(3, ())}
        await ledger.order(7)
        await desk.busy_with(1)
        await asyncio.sleep(0.5)
        assert ledger.beats[-1].leases == (Claim(attempt_id="r-7", token=1),)
        desk.finish.set()


async def test_a_short_lease_quickens_the_heartbeat(ledger: FakeLedger) -> None:
    desk = Desk()
    ledger.lease_seconds = 0.3
    async with working(ledger.bus, desk.work, replace(OPTIONS, heartbeat_seconds=60)):
        await ledger.order(1)
        await desk.busy_with(1)
        before = len(ledger.beats)
        await asyncio.sleep(0.6)
        assert len(ledger.beats) - before >= 4
        desk.finish.set()


async def test_a_lost_lease_ends_its_work_without_a_report(ledger: FakeLedger) -> None:
    desk = Desk()
    await ledger.order(1, 2)
    async with working(ledger.bus, desk.work):
        await desk.busy_with(2)
        ledger.lost = {"r-1"}
        await desk.busy_with(1)
        desk.finish.set()
        assert await ledger.reported(1) == ["r-2"]
        await ledger.order(3)
        assert await ledger.reported(2) == ["r-2", "r-3"]
    assert desk.cancelled == ["r-1"]


async def test_what_was_spent_under_a_lost_lease_is_still_reported(ledger: FakeLedger) -> None:
    begun = asyncio.Event()

    async def spend(ticket: Ticket) -> AttemptExecuted:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return executed(ticket)

    await ledger.order(1)
    async with working(ledger.bus, spend):
        await begun.wait()
        ledger.lost = {"r-1"}
        assert await ledger.reported(1) == ["r-1"]


async def test_work_that_raises_is_reported_as_our_failure(ledger: FakeLedger) -> None:
    async def crash(ticket: Ticket) -> AttemptExecuted:
        raise ValueError("bug")

    await ledger.order(1)
    async with working(ledger.bus, crash):
        await ledger.reported(1)
    [report] = ledger.reports
    assert isinstance(report, AttemptExecuted)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="worker", message="ValueError('bug')", new_try=True)


async def test_a_report_the_bus_cannot_take_is_replaced_by_a_failure(ledger: FakeLedger) -> None:
    async def babble(ticket: Ticket) -> AttemptExecuted:
        report = executed(ticket)
        return AttemptExecuted(
            message_id=report.message_id,
            attempt_id=report.attempt_id,
            token=1,
            worker_id="w1",
            reason="x" * 1_100_000,
        )

    await ledger.order(1)
    async with working(ledger.bus, babble):
        await ledger.reported(1)
    [report] = ledger.reports
    assert isinstance(report, AttemptExecuted)
    assert report.fault is not None
    assert "over the limit" in report.fault.message


async def test_draining_finishes_what_is_at_hand_and_takes_no_more(ledger: FakeLedger) -> None:
    desk = Desk()
    await ledger.order(*range(6))
    async with working(ledger.bus, desk.work) as stop:
        await desk.busy_with(3)
        stop.set()
        await asyncio.sleep(0.1)
        assert ledger.beats[-1].slots == 0
        assert len(ledger.beats[-1].leases) == 3
        desk.finish.set()
    assert await ledger.reported(3) == sorted(desk.started)
    assert await ledger.left_orders() == 3


async def test_draining_gives_up_at_its_deadline(ledger: FakeLedger) -> None:
    desk = Desk()
    await ledger.order(1)
    async with working(ledger.bus, desk.work, replace(OPTIONS, drain_seconds=0.3)) as stop:
        await desk.busy_with(1)
        stop.set()
    assert desk.cancelled == ["r-1"]
    assert ledger.reports == []


async def test_an_idle_worker_stops_at_once(ledger: FakeLedger) -> None:
    async with asyncio.timeout(1):
        async with working(ledger.bus, Desk().work):
            await asyncio.sleep(0.1)


async def test_orders_wait_in_hand_while_the_ledger_has_no_database(ledger: FakeLedger) -> None:
    ledger.down = True
    await ledger.order(1, 2)
    async with working(ledger.bus, Desk(0.01).work):
        await asyncio.sleep(0.5)
        assert ledger.claims == []
        ledger.down = False
        assert await ledger.reported(2) == ["r-1", "r-2"]
    assert await ledger.bus.work.dead_letters() == []


async def test_a_worker_that_stops_without_a_ledger_hands_its_orders_back(ledger: FakeLedger) -> None:
    ledger.down = True
    await ledger.order(1, 2)
    async with working(ledger.bus, Desk().work):
        await asyncio.sleep(0.3)
    assert await ledger.left_orders() == 2


async def test_work_goes_on_while_the_bus_is_away_and_is_reported_later(ledger: FakeLedger) -> None:
    assert isinstance(ledger.bus, MemoryBus)
    desk = Desk()
    await ledger.order(1, 2)
    async with working(ledger.bus, desk.work):
        await desk.busy_with(2)
        ledger.bus.line.cut()
        desk.finish.set()
        await desk.busy_with(0)
        await asyncio.sleep(0.5)
        assert ledger.reports == []
        ledger.bus.line.mend()
        assert await ledger.reported(2) == ["r-1", "r-2"]


async def test_a_bus_that_is_gone_for_good_ends_the_worker(ledger: FakeLedger) -> None:
    desk = Desk()
    await ledger.order(1)
    running = asyncio.create_task(Worker(OPTIONS, ledger.bus, desk.work, failed).run(asyncio.Event()))
    await desk.busy_with(1)
    await ledger.bus.close()
    with pytest.raises(BusClosed):
        await asyncio.wait_for(running, 2)
    assert desk.cancelled == ["r-1"]
