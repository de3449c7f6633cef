"""The loop of runners and judges, against a small ledger on the memory bus."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from assay.contracts.attempts import AttemptExecuted, Fault, Ticket
from assay.contracts.rpc import Claim
from assay.contracts.verdicts import Outcome
from tests.worker.fakes import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, executed, running_worker, wait_until


async def test_every_order_is_worked_on_and_reported_once(ledger: FakeLedger) -> None:
    await ledger.order(*range(40))
    async with running_worker(ledger.bus, FakeWork(0.01).work):
        assert await ledger.reported(40) == sorted(f"r-{n}" for n in range(40))
    assert await ledger.left_orders() == 0


async def test_slots_are_filled_and_never_more(ledger: FakeLedger) -> None:
    desk = FakeWork(0.02)
    await ledger.order(*range(30))
    async with running_worker(ledger.bus, desk.work):
        await ledger.reported(30)
    assert desk.most == OPTIONS.slots
    assert max(len(request.claims) for request in ledger.claims) == OPTIONS.slots


async def test_orders_are_not_hoarded(ledger: FakeLedger) -> None:
    desk = FakeWork()
    await ledger.order(*range(5))
    async with running_worker(ledger.bus, desk.work):
        await desk.wait_until_running(3)
        assert await ledger.left_orders() == 2
        desk.finish.set()


async def test_what_is_urgent_goes_before_what_was_ordered_earlier(ledger: FakeLedger) -> None:
    desk = FakeWork(0.01)
    await ledger.order(*range(20))
    await ledger.order(20, 21, urgent=True)
    async with running_worker(ledger.bus, desk.work):
        await ledger.reported(22)
    assert sorted(desk.started[:2]) == ["r-20", "r-21"]


async def test_claims_are_made_in_batches(ledger: FakeLedger) -> None:
    await ledger.order(*range(300))
    async with running_worker(ledger.bus, FakeWork(0.001).work, replace(OPTIONS, slots=50)):
        await ledger.reported(300)
    assert len(ledger.claims) < 60


async def test_a_denied_order_is_dropped(ledger: FakeLedger) -> None:
    ledger.denied = {"r-1"}
    await ledger.order(0, 1, 2)
    desk = FakeWork(0.01)
    async with running_worker(ledger.bus, desk.work):
        assert await ledger.reported(2) == ["r-0", "r-2"]
    assert await ledger.left_orders() == 0
    assert sorted(desk.started) == ["r-0", "r-2"]


async def test_an_order_granted_twice_is_worked_on_once(ledger: FakeLedger) -> None:
    desk = FakeWork()
    async with running_worker(ledger.bus, desk.work):
        await ledger.order(1)
        await desk.wait_until_running(1)
        await ledger.order(1, 2, round_=2)
        await desk.wait_until_running(2)
        desk.finish.set()
        assert await ledger.reported(2) == ["r-1", "r-2"]
    assert sum(len(request.claims) for request in ledger.claims) == 3
    assert desk.started == ["r-1", "r-2"]


async def test_heartbeats_tell_slots_and_leases_also_when_idle(ledger: FakeLedger) -> None:
    desk = FakeWork()
    async with running_worker(ledger.bus, desk.work):
        await wait_until(lambda: len(ledger.beats) >= 2)
        assert {(beat.slots, beat.leases) for beat in ledger.beats} == {(3, ())}
        await ledger.order(7)
        await desk.wait_until_running(1)
        await wait_until(lambda: ledger.beats[-1].leases == (Claim(attempt_id="r-7", token=1),))
        desk.finish.set()


async def test_a_short_lease_quickens_the_heartbeat(ledger: FakeLedger) -> None:
    desk = FakeWork()
    ledger.lease_seconds = 0.3
    async with running_worker(ledger.bus, desk.work, replace(OPTIONS, heartbeat_seconds=60)):
        await ledger.order(1)
        await desk.wait_until_running(1)
        before = len(ledger.beats)
        await wait_until(lambda: len(ledger.beats) - before >= 4)
        desk.finish.set()


async def test_the_workers_share_is_passed_on(ledger: FakeLedger) -> None:
    shares: list[float] = []
    ledger.share = 0.25
    async with running_worker(ledger.bus, FakeWork().work, hear_share=shares.append):
        await wait_until(lambda: shares)
        ledger.share = 0.5
        await wait_until(lambda: shares[-1] == 0.5)
    assert shares[0] == 0.25


async def test_a_lost_lease_ends_its_work_without_a_report(ledger: FakeLedger) -> None:
    desk = FakeWork()
    await ledger.order(1, 2)
    async with running_worker(ledger.bus, desk.work):
        await desk.wait_until_running(2)
        ledger.lost = {"r-1"}
        await desk.wait_until_running(1)
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
    async with running_worker(ledger.bus, spend):
        await begun.wait()
        ledger.lost = {"r-1"}
        assert await ledger.reported(1) == ["r-1"]


async def test_work_that_raises_is_reported_as_our_failure(ledger: FakeLedger) -> None:
    async def crash(ticket: Ticket) -> AttemptExecuted:
        raise ValueError("bug")

    await ledger.order(1)
    async with running_worker(ledger.bus, crash):
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
    async with running_worker(ledger.bus, babble):
        await ledger.reported(1)
    [report] = ledger.reports
    assert isinstance(report, AttemptExecuted)
    assert report.fault is not None
    assert "over the limit" in report.fault.message
