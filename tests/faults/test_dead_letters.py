"""What becomes of messages that nobody can handle (faults 20 to 23), on the bus in memory and a real Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues, orders_queue
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, Stage, State
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome
from services.ledger.outbox.missing_orders import MissingOrders
from services.ledger.outbox.relay import relay
from services.ledger.recovery.dead_letter_store import DeadLetterStore
from services.ledger.recovery.dead_letters import DeadLetterHandler
from services.ledger.report_intake import settle
from services.ledger.runs.plans import Plans
from tests.ledger.harness import LedgerHarness, executed

RUNNERS = orders_queue(Stage.RUN)
STORE = "the only one"


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    await bus.provision(all_queues())
    yield bus
    await bus.close()


@pytest.fixture
def handler(ledger: LedgerHarness, bus: MemoryBus) -> DeadLetterHandler:
    return DeadLetterHandler(bus.work, DeadLetterStore(ledger.database, Plans()))


async def ordered(ledger: LedgerHarness, bus: MemoryBus, samples: int = 1) -> RunView:
    await ledger.add_runner(slots=samples)
    run = await ledger.submit(samples=samples)
    await ledger.scheduler.schedule()
    await publish_orders(ledger, bus)
    return run


async def publish_orders(ledger: LedgerHarness, bus: MemoryBus) -> None:
    await relay(ledger.outbox.orders, bus.work.publish, ledger.outbox.orders_published)


async def die(bus: MemoryBus, reason: str = "it kills whoever reads it") -> int:
    deliveries = await bus.work.fetch(RUNNERS, 10, wait_seconds=0.1)
    for delivery in deliveries:
        await delivery.dead_letter(reason)
    return len(deliveries)


async def deaths(bus: MemoryBus) -> int:
    return len(await bus.work.dead_letters(limit=1000))


async def send(bus: MemoryBus, *reports: AttemptExecuted) -> None:
    await bus.work.publish([Envelope.of(subjects.report(each), each.message_id, each) for each in reports])


async def test_an_order_that_died_is_given_once_more_and_may_still_be_claimed(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await ordered(ledger, bus)
    assert await die(bus) == 1
    await handler.handle(STORE, await deaths(bus))
    await publish_orders(ledger, bus)
    (again,) = await bus.work.fetch(RUNNERS, 10, wait_seconds=0.1)
    claims = await ledger.claim([again.message.attempt_id])
    assert [ticket.attempt_id for ticket in claims.granted] == [f"{run.run_id}-1"]


async def test_an_order_that_dies_twice_ends_its_attempt_for_a_stated_reason(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await ordered(ledger, bus)
    for _ in range(2):
        assert await die(bus) == 1
        await handler.handle(STORE, await deaths(bus))
        await publish_orders(ledger, bus)
    attempt = (await ledger.attempts.get(f"{run.run_id}-1")).attempt
    assert (attempt.state, attempt.outcome) == (State.DONE, Outcome.INFRA_ERROR)
    assert attempt.reason == "its order to a runner was dead-lettered twice: it kills whoever reads it"
    assert (await ledger.runs.get(run.run_id)).status == "finished"
    assert await die(bus) == 0


async def test_a_dead_letter_is_acted_on_once_whoever_leads(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    await ordered(ledger, bus)
    await die(bus)
    await handler.handle(STORE, await deaths(bus))
    another = DeadLetterHandler(bus.work, DeadLetterStore(ledger.database, Plans()))
    await another.handle(STORE, await deaths(bus))
    rows = await ledger.rows("SELECT action FROM dead_letters")
    assert [row["action"] for row in rows] == ["ordered again"]


async def test_an_order_that_died_after_its_claim_changes_nothing(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await ordered(ledger, bus)
    await ledger.claim([f"{run.run_id}-1"])
    await die(bus)
    await handler.handle(STORE, await deaths(bus))
    assert (await ledger.attempts.get(f"{run.run_id}-1")).attempt.state is State.RUNNING
    rows = await ledger.rows("SELECT action FROM dead_letters")
    assert [row["action"] for row in rows] == ["kept"]


async def test_a_report_that_died_shows_with_its_reason(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await send(bus, executed(ticket, reason="a NUL \x00 that Postgres cannot store"))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
    await handler.handle(STORE, await deaths(bus))
    await ledger.rows("INSERT INTO bus_epochs (streams) VALUES ('{}')")
    status = await ledger.health.status()
    assert status.trouble == ""
    assert status.detail.startswith("1 messages of the last day could not be handled, the last because: ")
    assert "0x00" in status.detail


async def test_poison_among_a_thousand_others_costs_them_nothing(ledger: LedgerHarness, bus: MemoryBus) -> None:
    run = await ledger.submit(samples=20)
    tickets = await ledger.start_attempts(run, slots=20)
    await bus.work.publish([Envelope(subject="assay.work.report.run", message_id="poison", payload=b'{"type":"x"}')])
    await send(bus, *(executed(ticket) for ticket in tickets))
    deliveries = await bus.work.fetch(REPORTS, 100, wait_seconds=0.1)
    assert len(deliveries) == 20
    await settle(deliveries, ledger.reports)
    assert (await ledger.runs.get(run.run_id)).progress.executed == 20
    (letter,) = await bus.work.dead_letters()
    assert "not a valid" in letter.reason


async def test_a_duplicate_after_the_bus_has_forgotten_it_is_rejected_by_the_inbox(
    ledger: LedgerHarness, bus: MemoryBus
) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    for _ in range(2):
        await send(bus, executed(ticket))
        await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
        bus.lose_store()
    assert (await ledger.runs.get(run.run_id)).progress.cost_usd == "0.000000007"
    assert await deaths(bus) == 0


async def test_another_report_under_a_known_id_is_put_among_the_dead(ledger: LedgerHarness, bus: MemoryBus) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await send(bus, executed(ticket), executed(ticket, calls=()))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
    (letter,) = await bus.work.dead_letters()
    assert "was accepted before with different content" in letter.reason
    assert (await ledger.runs.get(run.run_id)).progress.cost_usd == "0.000000007"


@pytest.mark.parametrize("state", ["queued", "executed"])
async def test_an_attempt_without_an_order_is_found_and_given_one(ledger: LedgerHarness, state: str) -> None:
    run = await ledger.submit(samples=1)
    tickets = await ledger.start_attempts(run)
    if state == "executed":
        await ledger.report_executed(*tickets)
    else:
        await ledger.expire_leases()
    missing_orders = MissingOrders(ledger.database)
    await ledger.rows("DELETE FROM pending_orders")
    assert await missing_orders.order_again() == 0, "it may be on its way"
    await ledger.rows("UPDATE attempts SET changed_at = now() - interval '61 s'")
    assert await missing_orders.order_again() == 1
    (order,) = await ledger.outbox.orders()
    assert order.envelope.subject == subjects.orders(Stage.JUDGE if state == "executed" else Stage.RUN)
    assert await missing_orders.order_again() == 0
