"""The worker's loop, with a fake ledger on the memory bus."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from assay.contracts.attempts import AttemptExecuted, Fault, Ticket
from assay.contracts.rpc import Claim
from assay.contracts.verdicts import Outcome
from tests.fakes.ledger.ledger import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, executed, running_worker, wait_until


async def test_every_order_is_processed_and_reported_once(ledger: FakeLedger) -> None:
    await ledger.work.order(*range(40))
    async with running_worker(ledger.bus, FakeWork(0.01).work):
        assert await ledger.work.wait_for_reports(40) == sorted(f"r-{n}" for n in range(40))
    assert await ledger.work.remaining_orders() == 0


async def test_all_slots_are_used_and_never_exceeded(ledger: FakeLedger) -> None:
    work = FakeWork(0.02)
    await ledger.work.order(*range(30))
    async with running_worker(ledger.bus, work.work):
        await ledger.work.wait_for_reports(30)
    assert work.max_running == OPTIONS.slots
    assert max(len(request.claims) for request in ledger.work.claims) == OPTIONS.slots


async def test_a_worker_fetches_only_as_many_orders_as_it_has_free_slots(ledger: FakeLedger) -> None:
    work = FakeWork()
    await ledger.work.order(*range(5))
    async with running_worker(ledger.bus, work.work):
        await work.wait_until_running(3)
        assert await ledger.work.remaining_orders() == 2
        work.finish.set()


async def test_urgent_orders_go_before_earlier_ones(ledger: FakeLedger) -> None:
    work = FakeWork(0.01)
    await ledger.work.order(*range(20))
    await ledger.work.order(20, 21, urgent=True)
    async with running_worker(ledger.bus, work.work):
        await ledger.work.wait_for_reports(22)
    assert sorted(work.started[:2]) == ["r-20", "r-21"]


async def test_claims_are_batched(ledger: FakeLedger) -> None:
    await ledger.work.order(*range(300))
    async with running_worker(ledger.bus, FakeWork(0.001).work, replace(OPTIONS, slots=50)):
        await ledger.work.wait_for_reports(300)
    assert len(ledger.work.claims) < 60


async def test_a_denied_order_is_dropped(ledger: FakeLedger) -> None:
    ledger.work.denied = {"r-1"}
    await ledger.work.order(0, 1, 2)
    work = FakeWork(0.01)
    async with running_worker(ledger.bus, work.work):
        assert await ledger.work.wait_for_reports(2) == ["r-0", "r-2"]
    assert await ledger.work.remaining_orders() == 0
    assert sorted(work.started) == ["r-0", "r-2"]


async def test_an_order_granted_twice_is_processed_once(ledger: FakeLedger) -> None:
    work = FakeWork()
    async with running_worker(ledger.bus, work.work):
        await ledger.work.order(1)
        await work.wait_until_running(1)
        await ledger.work.order(1, 2, publication=2)
        await work.wait_until_running(2)
        work.finish.set()
        assert await ledger.work.wait_for_reports(2) == ["r-1", "r-2"]
    assert sum(len(request.claims) for request in ledger.work.claims) == 3
    assert work.started == ["r-1", "r-2"]


async def test_heartbeats_report_slots_and_leases_even_when_idle(ledger: FakeLedger) -> None:
    work = FakeWork()
    async with running_worker(ledger.bus, work.work):
        await wait_until(lambda: len(ledger.work.heartbeats) >= 2)
        assert {(heartbeat.slots, heartbeat.leases) for heartbeat in ledger.work.heartbeats} == {(3, ())}
        await ledger.work.order(7)
        await work.wait_until_running(1)
        await wait_until(lambda: ledger.work.heartbeats[-1].leases == (Claim(attempt_id="r-7", token=1),))
        work.finish.set()


async def test_a_short_lease_shortens_the_heartbeat_interval(ledger: FakeLedger) -> None:
    work = FakeWork()
    ledger.work.lease_seconds = 0.3
    async with running_worker(ledger.bus, work.work, replace(OPTIONS, heartbeat_seconds=60)):
        await ledger.work.order(1)
        await work.wait_until_running(1)
        before = len(ledger.work.heartbeats)
        await wait_until(lambda: len(ledger.work.heartbeats) - before >= 4)
        work.finish.set()


async def test_on_share_receives_the_workers_share(ledger: FakeLedger) -> None:
    shares: list[float] = []
    ledger.work.share = 0.25
    async with running_worker(ledger.bus, FakeWork().work, on_share=shares.append):
        await wait_until(lambda: shares)
        ledger.work.share = 0.5
        await wait_until(lambda: shares[-1] == 0.5)
    assert shares[0] == 0.25


async def test_work_on_a_lost_lease_ends_without_a_report(ledger: FakeLedger) -> None:
    work = FakeWork()
    await ledger.work.order(1, 2)
    async with running_worker(ledger.bus, work.work):
        await work.wait_until_running(2)
        ledger.work.lost = {"r-1"}
        await work.wait_until_running(1)
        work.finish.set()
        assert await ledger.work.wait_for_reports(1) == ["r-2"]
        await ledger.work.order(3)
        assert await ledger.work.wait_for_reports(2) == ["r-2", "r-3"]
    assert work.cancelled == ["r-1"]


async def test_a_report_returned_after_the_lease_was_lost_is_still_sent(ledger: FakeLedger) -> None:
    started = asyncio.Event()

    async def spend(ticket: Ticket) -> AttemptExecuted:
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return executed(ticket)

    await ledger.work.order(1)
    async with running_worker(ledger.bus, spend):
        await started.wait()
        ledger.work.lost = {"r-1"}
        assert await ledger.work.wait_for_reports(1) == ["r-1"]


async def test_an_exception_in_the_work_is_reported_as_an_infrastructure_failure(ledger: FakeLedger) -> None:
    async def crash(ticket: Ticket) -> AttemptExecuted:
        raise ValueError("bug")

    await ledger.work.order(1)
    async with running_worker(ledger.bus, crash):
        await ledger.work.wait_for_reports(1)
    [report] = ledger.work.reports
    assert isinstance(report, AttemptExecuted)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="worker", message="ValueError('bug')", new_try=True)


async def test_a_report_that_the_bus_refuses_is_replaced_by_a_failure(ledger: FakeLedger) -> None:
    async def report_too_much(ticket: Ticket) -> AttemptExecuted:
        report = executed(ticket)
        return AttemptExecuted(
            message_id=report.message_id,
            attempt_id=report.attempt_id,
            token=1,
            worker_id="w1",
            reason="x" * 1_100_000,
        )

    await ledger.work.order(1)
    async with running_worker(ledger.bus, report_too_much):
        await ledger.work.wait_for_reports(1)
    [report] = ledger.work.reports
    assert isinstance(report, AttemptExecuted)
    assert report.fault is not None
    assert "exceed the limit" in report.fault.message
