"""Recovery of the bus's streams (faults 14 and 15) and its health, on the bus in memory and a real Postgres."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from assay.bus.memory import MemoryBus
from assay.bus.queues import all_queues, orders_queue
from assay.bus.streams import FACTS_STREAM
from assay.contracts.attempts import Stage
from assay.contracts.codec import decode
from assay.contracts.facts import Event
from assay.contracts.runs import RunView
from services.ledger.health.bus_probe import BusProbe
from services.ledger.outbox.relay import relay
from services.ledger.recovery.dead_letter_store import DeadLetterStore
from services.ledger.recovery.dead_letters import DeadLetterHandler
from services.ledger.recovery.epoch_store import EpochStore, SeenStream
from services.ledger.recovery.stream_recovery import StreamRecovery
from services.ledger.runs.plans import Plans
from tests.ledger.harness import LedgerHarness


class RecoveryHarness:
    def __init__(self, ledger: LedgerHarness, bus: MemoryBus) -> None:
        self.ledger, self.bus = ledger, bus
        self.epochs = EpochStore(ledger.database)
        self.probe = BusProbe(bus.storage, ledger.health)
        handler = DeadLetterHandler(bus.work, DeadLetterStore(ledger.database, Plans()))
        self.recovery = StreamRecovery(bus, self.epochs, handler)

    async def relay(self) -> None:
        await relay(self.ledger.outbox.facts, self.bus.facts.publish, self.ledger.outbox.facts_published)
        await relay(self.ledger.outbox.orders, self.bus.work.publish, self.ledger.outbox.orders_published)

    async def start_run(self) -> RunView:
        """A run whose orders and facts are on the bus and were seen by the recovery."""
        await self.ledger.add_runner(slots=2)
        run = await self.ledger.submit(samples=3)
        await self.ledger.scheduler.schedule()
        await self.relay()
        await self.recovery.check()
        return run

    async def published_fact_ids(self) -> list[str]:
        """Ids of the facts in the stream."""
        count = next(state.last for state in await self.bus.storage.states() if state.stream == FACTS_STREAM)
        async with self.bus.facts.replay("assay.evt.v1.>") as stored:
            return [decode(Event, (await anext(stored)).payload).id for _ in range(count)]

    async def fetch_orders(self) -> set[str]:
        fetched = await self.bus.work.fetch(orders_queue(Stage.RUN), 100, wait_seconds=0.1)
        return {order.message.attempt_id for order in fetched}

    async def epoch_reasons(self) -> list[str]:
        rows = await self.ledger.rows("SELECT reason FROM bus_epochs ORDER BY epoch")
        return [row["reason"] for row in rows]


@pytest.fixture
async def harness(ledger: LedgerHarness) -> AsyncIterator[RecoveryHarness]:
    bus = MemoryBus()
    await bus.provision(all_queues())
    yield RecoveryHarness(ledger, bus)
    await bus.close()


async def test_an_intact_store_begins_no_new_epoch(harness: RecoveryHarness) -> None:
    await harness.start_run()
    before = await harness.published_fact_ids()
    for _ in range(3):
        await harness.recovery.check()
    await harness.relay()
    assert await harness.published_fact_ids() == before
    assert await harness.epoch_reasons() == [""]
    epoch = await harness.epochs.present()
    assert epoch is not None
    assert epoch.streams[FACTS_STREAM].last == len(before)
    assert epoch.fact_id == before[-1]


async def test_a_deleted_store_is_refilled_at_once(harness: RecoveryHarness) -> None:
    run = await harness.start_run()
    before, orders = await harness.published_fact_ids(), await harness.fetch_orders()
    assert len(orders) == 3
    harness.bus.lose_store()
    await harness.recovery.check()
    await harness.relay()
    assert await harness.published_fact_ids() == before, "same ids, same order"
    assert await harness.fetch_orders() == orders, "before any order is due to be repeated"
    assert await harness.epoch_reasons() == ["", f"the store was replaced: {FACTS_STREAM}, ASSAY_DEAD began anew"]
    assert run.run_id in before[0]
    status = await harness.ledger.health.status()
    assert "replaced" in status.trouble


async def test_unpublished_facts_follow_the_republished_ones(harness: RecoveryHarness) -> None:
    run = await harness.start_run()
    await harness.ledger.start_attempts(run)
    harness.bus.lose_store()
    await harness.recovery.check()
    await harness.relay()
    sequences = [int(fact.rpartition("-")[2]) for fact in await harness.published_fact_ids()]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) > 4


async def test_facts_of_a_run_that_ended_long_ago_are_not_republished(harness: RecoveryHarness) -> None:
    run = await harness.start_run()
    await harness.ledger.rows("UPDATE runs SET finished_at = now() - interval '2 hours', status = 'finished'")
    later = await harness.ledger.submit(samples=1)
    await harness.relay()
    harness.bus.lose_store()
    await harness.recovery.check()
    await harness.relay()
    republished = {fact.rpartition("-")[0] for fact in await harness.published_fact_ids()}
    assert republished == {later.run_id}
    assert run.run_id not in republished


async def test_a_store_with_a_different_history_is_detected(harness: RecoveryHarness) -> None:
    await harness.start_run()
    epoch = await harness.epochs.present()
    assert epoch is not None
    await harness.ledger.rows("UPDATE bus_epochs SET fact_id = 'another-1'")
    await harness.recovery.check()
    last = epoch.streams[FACTS_STREAM].last
    assert (await harness.epoch_reasons())[-1].startswith(
        f"position {last} of {FACTS_STREAM} held another-1 and now holds"
    )


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"last": 99}, f"{FACTS_STREAM} went back from position 99 to 4"),
        ({"holes": -2}, f"2 messages of {FACTS_STREAM} can no longer be read"),
    ],
)
async def test_a_store_that_went_back_or_lost_messages_is_detected(
    harness: RecoveryHarness, seen: dict[str, int], reason: str
) -> None:
    await harness.start_run()
    epoch = await harness.epochs.present()
    assert epoch is not None
    known = epoch.streams[FACTS_STREAM]
    earlier = SeenStream(created=known.created, **{"last": known.last, "holes": 0, **seen})
    present = {**epoch.streams, FACTS_STREAM: earlier}
    await harness.epochs.begin(present, "", "set by the test")
    await harness.recovery.check()
    assert (await harness.epoch_reasons())[-1] == reason


async def test_a_new_store_is_detected_once(harness: RecoveryHarness) -> None:
    await harness.start_run()
    harness.bus.lose_store()
    for _ in range(3):
        await harness.recovery.check()
        await harness.relay()
    assert len(await harness.epoch_reasons()) == 2


async def test_the_bus_probe_reports_trouble_and_its_end(harness: RecoveryHarness) -> None:
    await harness.recovery.check()
    await harness.probe.probe()
    assert (await harness.ledger.health.status()).trouble == ""
    harness.bus.link.cut()
    await harness.probe.probe()
    status = await harness.ledger.health.status()
    assert status.trouble == "the work plane does not carry messages: the link to the memory bus is cut"
    assert status.detail == status.trouble
    harness.bus.link.restore()
    await harness.probe.probe()
    assert (await harness.ledger.health.status()).trouble == ""


async def test_a_silent_leader_shows_in_the_health(harness: RecoveryHarness) -> None:
    await harness.recovery.check()
    await harness.ledger.rows("UPDATE bus_epochs SET checked_at = now() - interval '40 s'")
    assert re.search(r"no ledger has led for [45]\d s", (await harness.ledger.health.status()).trouble)
