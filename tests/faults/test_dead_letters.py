"""Messages that cannot be handled (faults 20 to 23), on the bus in memory and a real Postgres."""

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
STREAM_STORE = "the only store"


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    await bus.provision(all_queues())
    yield bus
    await bus.close()


@pytest.fixture
def handler(ledger: LedgerHarness, bus: MemoryBus) -> DeadLetterHandler:
    return DeadLetterHandler(bus.work, DeadLetterStore(ledger.database, Plans()))


async def start_run(ledger: LedgerHarness, bus: MemoryBus, samples: int = 1) -> RunView:
    await ledger.add_runner(slots=samples)
    run = await ledger.submit(samples=samples)
    await ledger.scheduler.schedule()
    await publish_orders(ledger, bus)
    return run


async def publish_orders(ledger: LedgerHarness, bus: MemoryBus) -> None:
    await relay(ledger.outbox.orders, bus.work.publish, ledger.outbox.orders_published)


async def dead_letter_orders(bus: MemoryBus, reason: str = "it crashes its reader") -> int:
    deliveries = await bus.work.fetch(RUNNERS, 10, wait_seconds=0.1)
    for delivery in deliveries:
        await delivery.dead_letter(reason)
    return len(deliveries)


async def count_dead_letters(bus: MemoryBus) -> int:
    return len(await bus.work.dead_letters(limit=1000))


async def publish_reports(bus: MemoryBus, *reports: AttemptExecuted) -> None:
    await bus.work.publish([Envelope.of(subjects.report(each), each.message_id, each) for each in reports])


async def test_a_dead_lettered_order_is_repeated_once_and_can_be_claimed(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await start_run(ledger, bus)
    assert await dead_letter_orders(bus) == 1
    await handler.handle(STREAM_STORE, await count_dead_letters(bus))
    await publish_orders(ledger, bus)
    (again,) = await bus.work.fetch(RUNNERS, 10, wait_seconds=0.1)
    claims = await ledger.claim([again.message.attempt_id])
    assert [ticket.attempt_id for ticket in claims.granted] == [f"{run.run_id}-1"]


async def test_an_order_dead_lettered_twice_ends_its_attempt_with_the_reason(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await start_run(ledger, bus)
    for _ in range(2):
        assert await dead_letter_orders(bus) == 1
        await handler.handle(STREAM_STORE, await count_dead_letters(bus))
        await publish_orders(ledger, bus)
    attempt = (await ledger.attempts.get(f"{run.run_id}-1")).attempt
    assert (attempt.state, attempt.outcome) == (State.DONE, Outcome.INFRA_ERROR)
    assert attempt.reason == "its order to a runner was dead-lettered twice: it crashes its reader"
    assert (await ledger.runs.get(run.run_id)).status == "finished"
    assert await dead_letter_orders(bus) == 0


async def test_a_dead_letter_is_handled_once_even_by_a_new_leader(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    await start_run(ledger, bus)
    await dead_letter_orders(bus)
    await handler.handle(STREAM_STORE, await count_dead_letters(bus))
    second = DeadLetterHandler(bus.work, DeadLetterStore(ledger.database, Plans()))
    await second.handle(STREAM_STORE, await count_dead_letters(bus))
    rows = await ledger.rows("SELECT action FROM dead_letters")
    assert [row["action"] for row in rows] == ["ordered again"]


async def test_a_dead_lettered_order_that_was_claimed_changes_nothing(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await start_run(ledger, bus)
    await ledger.claim([f"{run.run_id}-1"])
    await dead_letter_orders(bus)
    await handler.handle(STREAM_STORE, await count_dead_letters(bus))
    assert (await ledger.attempts.get(f"{run.run_id}-1")).attempt.state is State.RUNNING
    rows = await ledger.rows("SELECT action FROM dead_letters")
    assert [row["action"] for row in rows] == ["kept"]


async def test_a_dead_lettered_report_shows_in_the_health_with_its_reason(
    ledger: LedgerHarness, bus: MemoryBus, handler: DeadLetterHandler
) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await publish_reports(bus, executed(ticket, reason="a NUL \x00 that Postgres cannot store"))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
    await handler.handle(STREAM_STORE, await count_dead_letters(bus))
    await ledger.rows("INSERT INTO bus_epochs (streams) VALUES ('{}')")
    status = await ledger.health.status()
    assert status.trouble == ""
    assert status.detail.startswith("1 messages of the last day could not be handled, the last because: ")
    assert "0x00" in status.detail


async def test_a_poison_message_does_not_hold_up_the_others(ledger: LedgerHarness, bus: MemoryBus) -> None:
    run = await ledger.submit(samples=20)
    tickets = await ledger.start_attempts(run, slots=20)
    await bus.work.publish([Envelope(subject="assay.work.report.run", message_id="poison", payload=b'{"type":"x"}')])
    await publish_reports(bus, *(executed(ticket) for ticket in tickets))
    deliveries = await bus.work.fetch(REPORTS, 100, wait_seconds=0.1)
    assert len(deliveries) == 20
    await settle(deliveries, ledger.reports)
    assert (await ledger.runs.get(run.run_id)).progress.executed == 20
    (letter,) = await bus.work.dead_letters()
    assert "not a valid" in letter.reason


async def test_the_inbox_rejects_a_duplicate_that_the_bus_no_longer_knows(
    ledger: LedgerHarness, bus: MemoryBus
) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    for _ in range(2):
        await publish_reports(bus, executed(ticket))
        await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
        bus.lose_store()
    assert (await ledger.runs.get(run.run_id)).progress.cost_usd == "0.000000007"
    assert await count_dead_letters(bus) == 0


async def test_a_different_report_under_a_known_id_is_dead_lettered(ledger: LedgerHarness, bus: MemoryBus) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await publish_reports(bus, executed(ticket), executed(ticket, calls=()))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ledger.reports)
    (letter,) = await bus.work.dead_letters()
    assert "was accepted before with different content" in letter.reason
    assert (await ledger.runs.get(run.run_id)).progress.cost_usd == "0.000000007"


@pytest.mark.parametrize("state", ["queued", "executed"])
async def test_an_attempt_without_an_order_is_ordered_again(ledger: LedgerHarness, state: str) -> None:
    run = await ledger.submit(samples=1)
    tickets = await ledger.start_attempts(run)
    if state == "executed":
        await ledger.report_executed(*tickets)
    else:
        await ledger.expire_leases()
    missing_orders = MissingOrders(ledger.database)
    await ledger.rows("DELETE FROM pending_orders")
    assert await missing_orders.order_again() == 0, "the order may be in transit"
    await ledger.rows("UPDATE attempts SET changed_at = now() - interval '61 s'")
    assert await missing_orders.order_again() == 1
    (order,) = await ledger.outbox.orders()
    assert order.envelope.subject == subjects.orders(Stage.JUDGE if state == "executed" else Stage.RUN)
    assert await missing_orders.order_again() == 0
