"""The leader's tasks and report intake, on the in-memory bus and a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues, orders_queue
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, Stage, State
from assay.contracts.codec import decode
from assay.contracts.facts import Event
from services.ledger.leader import Leader
from services.ledger.leader_tasks import MAX_SWEEP_GAP_SECONDS, work_tasks
from services.ledger.outbox.relay import relay
from services.ledger.report_intake import settle, take_reports
from tests.ledger.harness import LedgerHarness, executed


def leader_of(ledger: LedgerHarness, bus: MemoryBus) -> Leader:
    return Leader(work_tasks(bus, ledger.outbox, ledger.scheduler, ledger.sweeper), ledger.database.changed)


async def bus_with(*reports: AttemptExecuted) -> MemoryBus:
    bus = MemoryBus()
    await bus.provision(all_queues())
    await bus.work.publish([Envelope.of(subjects.report(each), each.message_id, each) for each in reports])
    return bus


async def test_the_leader_schedules_attempts_and_publishes_orders_and_facts(ledger: LedgerHarness) -> None:
    bus = await bus_with()
    await ledger.add_runner(slots=2)
    run = await ledger.submit(samples=3)
    leader = asyncio.create_task(leader_of(ledger, bus).lead())
    ordered: set[str] = set()
    async with asyncio.timeout(30):
        while len(ordered) < 3:
            orders = await bus.work.fetch(orders_queue(Stage.RUN), 10, wait_seconds=20.0)
            ordered |= {order.message.attempt_id for order in orders}
    assert ordered == {f"{run.run_id}-{n}" for n in (1, 2, 3)}
    async with bus.facts.replay("assay.evt.v1.>") as facts, asyncio.timeout(30):
        heard = [decode(Event, (await anext(facts)).payload) for _ in range(4)]
    assert [event.sequence for event in heard] == [1, 2, 3, 4]
    async with asyncio.timeout(30):
        while await ledger.outbox.facts() or await ledger.outbox.orders():
            await asyncio.sleep(0.01)
    leader.cancel()
    await asyncio.gather(leader, return_exceptions=True)


async def test_facts_published_again_after_a_crash_are_stored_once(ledger: LedgerHarness) -> None:
    bus = await bus_with()
    await ledger.submit()

    async def die(published: Sequence[object]) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await relay(ledger.outbox.facts, bus.facts.publish, die)
    await relay(ledger.outbox.facts, bus.facts.publish, ledger.outbox.facts_published)
    async with bus.facts.replay("assay.evt.v1.>") as facts:
        assert decode(Event, (await anext(facts)).payload).type == "run.submitted"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(facts), 0.1)


async def test_an_unclaimed_order_is_published_again(ledger: LedgerHarness) -> None:
    await ledger.add_runner(slots=1)
    await ledger.submit(samples=1)
    await ledger.scheduler.schedule()
    first = await ledger.outbox.orders()
    await ledger.outbox.orders_published(first)
    await ledger.sweeper.sweep()
    assert await ledger.outbox.orders() == []
    await ledger.rows("UPDATE pending_orders SET published_at = now() - interval '1 h'")
    await ledger.sweeper.sweep()
    (second,) = await ledger.outbox.orders()
    assert second.envelope.payload == first[0].envelope.payload
    assert second.envelope.message_id != first[0].envelope.message_id


async def test_a_duplicate_runners_order_does_not_retire_the_judges_order(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    again = await ledger.claim([ticket.attempt_id], worker_id="other")
    assert again.granted == ()
    (order,) = await ledger.outbox.orders()
    assert order.envelope.subject == subjects.orders(Stage.JUDGE)


async def test_a_report_that_cannot_be_booked_is_dead_lettered_and_the_others_are_booked(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    good, bad = await ledger.start_attempts(run)
    bus = await bus_with(executed(good), executed(bad, reason="a NUL \x00 that Postgres cannot store"))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=1.0), ledger.reports)
    assert (await ledger.attempts.get(good.attempt_id)).attempt.state is State.EXECUTED
    assert (await ledger.attempts.get(bad.attempt_id)).attempt.state is State.RUNNING
    (letter,) = await bus.work.dead_letters()
    assert "0x00" in letter.reason


async def renewed(ledger: LedgerHarness) -> None:
    async with asyncio.timeout(30):
        while not await ledger.rows("SELECT 1 FROM attempts WHERE lease_until > now() + interval '1 s'"):
            await asyncio.sleep(0.05)


async def test_without_a_bus_no_lease_expires(ledger: LedgerHarness) -> None:
    (ticket,) = await ledger.start_attempts(await ledger.submit(samples=1))
    bus = await bus_with()
    await ledger.set_past("attempts", "lease_until", 1)
    leader = asyncio.create_task(leader_of(ledger, bus).lead())
    await renewed(ledger)  # the first sweep renews leases
    bus.link.cut()
    await ledger.set_past("attempts", "lease_until", 1)
    await asyncio.sleep(MAX_SWEEP_GAP_SECONDS + 1.5)
    bus.link.restore()
    await renewed(ledger)
    assert (await ledger.heartbeat([ticket])).lost == ()
    leader.cancel()
    await asyncio.gather(leader, return_exceptions=True)


_WAITING = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE NOT granted AND datname = current_database() AND relation = 'attempts'::regclass
"""


async def test_a_stopping_ledger_returns_reports_it_has_not_booked(ledger: LedgerHarness) -> None:
    (ticket,) = await ledger.start_attempts(await ledger.submit(samples=1))
    bus = await bus_with(executed(ticket))
    async with ledger.database.session() as other, other.driver.transaction():
        await other.execute("LOCK TABLE attempts")
        taking = asyncio.create_task(take_reports(bus, ledger.reports, 10))
        async with asyncio.timeout(30):
            while not await other.value(int, _WAITING):
                await asyncio.sleep(0.01)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.0), ledger.reports)
    assert (await ledger.attempts.get(ticket.attempt_id)).attempt.state is State.EXECUTED
