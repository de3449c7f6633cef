"""The guard over the bus, on the bus in memory and a real Postgres (faults 14 and 15, and how trouble shows)."""

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


class House:
    def __init__(self, ledger: LedgerHarness, bus: MemoryBus) -> None:
        self.ledger, self.bus = ledger, bus
        self.epochs = EpochStore(ledger.database)
        self.probe = BusProbe(bus.storage, ledger.health)
        handler = DeadLetterHandler(bus.work, DeadLetterStore(ledger.database, Plans()))
        self.recovery = StreamRecovery(bus, self.epochs, handler)

    async def relay(self) -> None:
        await relay(self.ledger.outbox.facts, self.bus.facts.publish, self.ledger.outbox.facts_published)
        await relay(self.ledger.outbox.orders, self.bus.work.publish, self.ledger.outbox.orders_published)

    async def began(self) -> RunView:
        """A run whose orders and facts are all on the bus, which the guard has seen."""
        await self.ledger.add_runner(slots=2)
        run = await self.ledger.submit(samples=3)
        await self.ledger.scheduler.schedule()
        await self.relay()
        await self.recovery.check()
        return run

    async def facts(self) -> list[str]:
        """Ids of what the facts stream holds."""
        amount = next(state.last for state in await self.bus.storage.states() if state.stream == FACTS_STREAM)
        async with self.bus.facts.replay("assay.evt.v1.>") as stored:
            return [decode(Event, (await anext(stored)).payload).id for _ in range(amount)]

    async def orders(self) -> set[str]:
        fetched = await self.bus.work.fetch(orders_queue(Stage.RUN), 100, wait_seconds=0.1)
        return {order.message.attempt_id for order in fetched}

    async def reasons(self) -> list[str]:
        rows = await self.ledger.rows("SELECT reason FROM bus_epochs ORDER BY epoch")
        return [row["reason"] for row in rows]


@pytest.fixture
async def house(ledger: LedgerHarness) -> AsyncIterator[House]:
    bus = MemoryBus()
    await bus.provision(all_queues())
    yield House(ledger, bus)
    await bus.close()


async def test_a_bus_in_good_order_is_left_alone(house: House) -> None:
    await house.began()
    before = await house.facts()
    for _ in range(3):
        await house.recovery.check()
    await house.relay()
    assert await house.facts() == before
    assert await house.reasons() == [""]
    epoch = await house.epochs.present()
    assert epoch is not None
    assert epoch.streams[FACTS_STREAM].last == len(before)
    assert epoch.fact_id == before[-1]


async def test_a_deleted_store_is_noticed_and_filled_again_at_once(house: House) -> None:
    run = await house.began()
    before, orders = await house.facts(), await house.orders()
    assert len(orders) == 3
    house.bus.lose_store()
    await house.recovery.check()
    await house.relay()
    assert await house.facts() == before, "with the same ids, in the same order"
    assert await house.orders() == orders, "long before an order's patience ends"
    assert await house.reasons() == ["", f"the store was replaced: {FACTS_STREAM}, ASSAY_DEAD began anew"]
    assert run.run_id in before[0]
    status = await house.ledger.health.status()
    assert "replaced" in status.trouble


async def test_facts_not_yet_published_come_after_those_that_are_published_again(house: House) -> None:
    run = await house.began()
    await house.ledger.start_attempts(run)
    house.bus.lose_store()
    await house.recovery.check()
    await house.relay()
    sequences = [int(fact.rpartition("-")[2]) for fact in await house.facts()]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) > 4


async def test_a_run_that_ended_long_ago_is_not_told_again(house: House) -> None:
    run = await house.began()
    await house.ledger.rows("UPDATE runs SET finished_at = now() - interval '2 hours', status = 'finished'")
    later = await house.ledger.submit(samples=1)
    await house.relay()
    house.bus.lose_store()
    await house.recovery.check()
    await house.relay()
    told = {fact.rpartition("-")[0] for fact in await house.facts()}
    assert told == {later.run_id}
    assert run.run_id not in told


async def test_a_store_that_grew_beyond_where_it_was_with_another_history_is_noticed(house: House) -> None:
    await house.began()
    epoch = await house.epochs.present()
    assert epoch is not None
    await house.ledger.rows("UPDATE bus_epochs SET fact_id = 'another-1'")
    await house.recovery.check()
    last = epoch.streams[FACTS_STREAM].last
    assert (await house.reasons())[-1].startswith(f"position {last} of {FACTS_STREAM} held another-1 and now holds")


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"last": 99}, f"{FACTS_STREAM} went back from position 99 to 4"),
        ({"holes": -2}, f"2 messages of {FACTS_STREAM} can no longer be read"),
    ],
)
async def test_going_back_and_losing_are_noticed(house: House, seen: dict[str, int], reason: str) -> None:
    await house.began()
    epoch = await house.epochs.present()
    assert epoch is not None
    known = epoch.streams[FACTS_STREAM]
    was = SeenStream(created=known.created, **{"last": known.last, "holes": 0, **seen})
    present = {**epoch.streams, FACTS_STREAM: was}
    await house.epochs.begin(present, "", "as the test has it")
    await house.recovery.check()
    assert (await house.reasons())[-1] == reason


async def test_what_is_known_of_a_new_store_is_not_noticed_twice(house: House) -> None:
    await house.began()
    house.bus.lose_store()
    for _ in range(3):
        await house.recovery.check()
        await house.relay()
    assert len(await house.reasons()) == 2


async def test_the_canary_tells_what_holds_up_work_and_when_it_is_over(house: House) -> None:
    await house.recovery.check()
    await house.probe.probe()
    assert (await house.ledger.health.status()).trouble == ""
    house.bus.link.cut()
    await house.probe.probe()
    status = await house.ledger.health.status()
    assert status.trouble == "the work plane does not carry messages: the line to the memory bus is cut"
    assert status.detail == status.trouble
    house.bus.link.restore()
    await house.probe.probe()
    assert (await house.ledger.health.status()).trouble == ""


async def test_a_leader_that_says_nothing_any_more_is_told_of(house: House) -> None:
    await house.recovery.check()
    await house.ledger.rows("UPDATE bus_epochs SET checked_at = now() - interval '40 s'")
    assert re.search(r"no ledger has led for [45]\d s", (await house.ledger.health.status()).trouble)
