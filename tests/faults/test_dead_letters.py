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
from services.ledger.handlers import Ports
from services.ledger.health.health_store import PostgresBulletin
from services.ledger.leader import relay, settle
from services.ledger.outbox.missing_orders import PostgresStrays
from services.ledger.recovery.dead_letter_store import PostgresGraves
from services.ledger.recovery.dead_letters import LedgerUndertaker
from services.ledger.runs.plans import Plans
from tests.ledger.desk import Desk, executed
from tests.ledger.test_loops import ports as ports_of

RUNNERS = orders_queue(Stage.RUN)
STORE = "the only one"


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    await bus.provision(all_queues())
    yield bus
    await bus.close()


@pytest.fixture
def undertaker(desk: Desk, bus: MemoryBus) -> LedgerUndertaker:
    return LedgerUndertaker(bus.work, PostgresGraves(desk.database, Plans()))


@pytest.fixture
def ports(desk: Desk) -> Ports:
    return ports_of(desk)


async def ordered(desk: Desk, bus: MemoryBus, samples: int = 1) -> RunView:
    await desk.hire(slots=samples)
    run = await desk.submit(samples=samples)
    await desk.feeder.feed()
    await publish_orders(desk, bus)
    return run


async def publish_orders(desk: Desk, bus: MemoryBus) -> None:
    await relay(desk.outbox.orders, bus.work.publish, desk.outbox.orders_published)


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
    desk: Desk, bus: MemoryBus, undertaker: LedgerUndertaker
) -> None:
    run = await ordered(desk, bus)
    assert await die(bus) == 1
    await undertaker.attend(STORE, await deaths(bus))
    await publish_orders(desk, bus)
    (again,) = await bus.work.fetch(RUNNERS, 10, wait_seconds=0.1)
    claims = await desk.claim([again.message.attempt_id])
    assert [ticket.attempt_id for ticket in claims.granted] == [f"{run.run_id}-1"]


async def test_an_order_that_dies_twice_ends_its_attempt_for_a_stated_reason(
    desk: Desk, bus: MemoryBus, undertaker: LedgerUndertaker
) -> None:
    run = await ordered(desk, bus)
    for _ in range(2):
        assert await die(bus) == 1
        await undertaker.attend(STORE, await deaths(bus))
        await publish_orders(desk, bus)
    attempt = (await desk.attempts.get(f"{run.run_id}-1")).attempt
    assert (attempt.state, attempt.outcome) == (State.DONE, Outcome.INFRA_ERROR)
    assert attempt.reason == "its order to a runner died twice: it kills whoever reads it"
    assert (await desk.runs.get(run.run_id)).status == "finished"
    assert await die(bus) == 0


async def test_a_dead_letter_is_acted_on_once_whoever_leads(
    desk: Desk, bus: MemoryBus, undertaker: LedgerUndertaker
) -> None:
    await ordered(desk, bus)
    await die(bus)
    await undertaker.attend(STORE, await deaths(bus))
    another = LedgerUndertaker(bus.work, PostgresGraves(desk.database, Plans()))
    await another.attend(STORE, await deaths(bus))
    rows = await desk.rows("SELECT action FROM dead_letters")
    assert [row["action"] for row in rows] == ["ordered again"]


async def test_an_order_that_died_after_its_claim_changes_nothing(
    desk: Desk, bus: MemoryBus, undertaker: LedgerUndertaker
) -> None:
    run = await ordered(desk, bus)
    await desk.claim([f"{run.run_id}-1"])
    await die(bus)
    await undertaker.attend(STORE, await deaths(bus))
    assert (await desk.attempts.get(f"{run.run_id}-1")).attempt.state is State.RUNNING
    rows = await desk.rows("SELECT action FROM dead_letters")
    assert [row["action"] for row in rows] == ["kept"]


async def test_a_report_that_died_shows_with_its_reason(
    desk: Desk, bus: MemoryBus, undertaker: LedgerUndertaker, ports: Ports
) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await send(bus, executed(ticket, reason="a NUL \x00 that Postgres cannot store"))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ports)
    await undertaker.attend(STORE, await deaths(bus))
    await desk.rows("INSERT INTO bus_epochs (streams) VALUES ('{}')")
    standing = await PostgresBulletin(desk.database).standing()
    assert standing.trouble == ""
    assert standing.detail.startswith("1 messages of the last day could not be handled, the last because: ")
    assert "0x00" in standing.detail


async def test_poison_among_a_thousand_others_costs_them_nothing(desk: Desk, bus: MemoryBus, ports: Ports) -> None:
    run = await desk.submit(samples=20)
    tickets = await desk.start(run, slots=20)
    await bus.work.publish([Envelope(subject="assay.work.report.run", message_id="poison", payload=b'{"type":"x"}')])
    await send(bus, *(executed(ticket) for ticket in tickets))
    deliveries = await bus.work.fetch(REPORTS, 100, wait_seconds=0.1)
    assert len(deliveries) == 20
    await settle(deliveries, ports)
    assert (await desk.runs.get(run.run_id)).progress.executed == 20
    (letter,) = await bus.work.dead_letters()
    assert "not a valid" in letter.reason


async def test_a_duplicate_after_the_bus_has_forgotten_it_is_rejected_by_the_inbox(
    desk: Desk, bus: MemoryBus, ports: Ports
) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    for _ in range(2):
        await send(bus, executed(ticket))
        await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ports)
        bus.forget()
    assert (await desk.runs.get(run.run_id)).progress.cost_usd == "0.000000007"
    assert await deaths(bus) == 0


async def test_another_report_under_a_known_id_is_put_among_the_dead(desk: Desk, bus: MemoryBus, ports: Ports) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await send(bus, executed(ticket), executed(ticket, calls=()))
    await settle(await bus.work.fetch(REPORTS, 10, wait_seconds=0.1), ports)
    (letter,) = await bus.work.dead_letters()
    assert "was taken in before with another content" in letter.reason
    assert (await desk.runs.get(run.run_id)).progress.cost_usd == "0.000000007"


@pytest.mark.parametrize("state", ["queued", "executed"])
async def test_an_attempt_without_an_order_is_found_and_given_one(desk: Desk, state: str) -> None:
    run = await desk.submit(samples=1)
    tickets = await desk.start(run)
    if state == "executed":
        await desk.hand_in(*tickets)
    else:
        await desk.expire_leases()
    strays = PostgresStrays(desk.database)
    await desk.rows("DELETE FROM pending_orders")
    assert await strays.order_again() == 0, "it may be on its way"
    await desk.rows("UPDATE attempts SET changed_at = now() - interval '61 s'")
    assert await strays.order_again() == 1
    (order,) = await desk.outbox.orders()
    assert order.envelope.subject == subjects.orders(Stage.JUDGE if state == "executed" else Stage.RUN)
    assert await strays.order_again() == 0
