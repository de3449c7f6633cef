"""State of the store: in memory, and of a real one that is deleted, damaged and filled."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.bus.errors import BusUnavailable, Missing
from assay.bus.memory import MemoryBus
from assay.bus.nats.bus import JetStreamBus
from assay.bus.nats.server.api import call
from assay.bus.protocol import Bus, Envelope, StreamState
from assay.bus.queues import REPORTS, all_queues
from assay.bus.streams import DEAD_LETTER_STREAM, FACTS_STREAM, REPORTS_STREAM, STREAMS
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from tests.bus.conftest import ConnectAs
from tests.bus.messages import FETCH_SECONDS, fact
from tests.bus.nats_server import ServerProcess


@pytest.fixture
async def ledger(connect_as: ConnectAs) -> JetStreamBus:
    bus = await connect_as("ledger")
    await bus.provision(all_queues())
    return bus


def report(number: int) -> Envelope:
    executed = AttemptExecuted(
        message_id=f"r1-{number}:1:executed", attempt_id=f"r1-{number}", token=1, worker_id="w", reason="x" * 200
    )
    return Envelope.of(subjects.report(executed), executed.message_id, executed)


async def verify(bus: Bus) -> Sequence[StreamState]:
    """Retry, as the ledger does, if the server does not answer in time on a busy machine."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await bus.storage.verify()
            except BusUnavailable:
                await asyncio.sleep(0.1)


async def facts_of(bus: Bus, whole: bool = False) -> StreamState:
    states = await (verify(bus) if whole else bus.storage.states())
    return next(state for state in states if state.stream == FACTS_STREAM)


async def test_states_and_fact_ids(bus: Bus) -> None:
    await bus.provision(all_queues())
    await bus.facts.publish([fact(number) for number in range(5)])
    state = await facts_of(bus)
    assert (state.first, state.last, state.missing) == (1, 5, 0)
    assert await bus.storage.fact_id(5) == "r1:4"
    assert await bus.storage.fact_id(6) == ""
    assert (await facts_of(bus, whole=True)).missing == 0


async def test_empty_streams_miss_nothing(bus: Bus) -> None:
    await bus.provision(all_queues())
    assert {state.missing for state in await verify(bus)} == {0}


async def test_a_round_trip_succeeds(bus: Bus) -> None:
    await bus.provision(all_queues())
    assert await bus.storage.round_trip(30.0) < 20.0


async def test_a_lost_memory_store_is_a_different_store() -> None:
    bus = MemoryBus()
    await bus.provision(all_queues())
    await bus.facts.publish([fact(1)])
    before = await facts_of(bus)
    bus.lose_store()
    after = await facts_of(bus)
    assert after.created != before.created
    assert after.last == 0


async def test_a_round_trip_reports_a_broken_connection(
    connect_as: ConnectAs, server: ServerProcess, ledger: JetStreamBus
) -> None:
    server.stop()
    async with asyncio.timeout(30):
        while ledger.connected:
            await asyncio.sleep(0.02)
    with pytest.raises(BusUnavailable, match="not connected to NATS"):
        await ledger.storage.round_trip(1.0)


async def test_a_missing_stream_is_named(ledger: JetStreamBus, connect_as: ConnectAs) -> None:
    await call((await connect_as("observer")).connection, f"STREAM.DELETE.{DEAD_LETTER_STREAM}")
    with pytest.raises(Missing, match=DEAD_LETTER_STREAM):
        await ledger.storage.states()


async def test_only_settled_reports_are_purged(ledger: JetStreamBus, connect_as: ConnectAs) -> None:
    runner = await connect_as("runner")
    await runner.work.publish([report(number) for number in range(10)])
    deliveries = await ledger.work.fetch(REPORTS, 10, FETCH_SECONDS)
    for delivery in deliveries[:6]:
        await delivery.ack()
    purged = 0
    async with asyncio.timeout(30):
        while purged < 6:
            purged += await ledger.storage.purge_settled_reports()
            await asyncio.sleep(0.05)
    assert purged == 6
    states = {state.stream: state for state in await verify(ledger)}
    assert (states[REPORTS_STREAM].first, states[REPORTS_STREAM].last, states[REPORTS_STREAM].missing) == (7, 10, 0)
    assert await ledger.storage.purge_settled_reports() == 0


def blocks(store: Path, stream: str) -> Path:
    (block,) = store.rglob(f"{stream}/msgs/1.blk")
    return block


async def restart(server: ServerProcess, ledger: JetStreamBus) -> None:
    """Start the server on the modified store and wait for the reconnection."""
    server.start()
    async with asyncio.timeout(30):
        while not ledger.reconnects:
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_verify_finds_a_flipped_bit_that_the_server_does_not_report(
    server: ServerProcess, ledger: JetStreamBus
) -> None:
    await ledger.facts.publish([fact(number) for number in range(400)])
    server.stop(signal.SIGTERM)
    block = blocks(server.store, FACTS_STREAM)
    data = bytearray(block.read_bytes())
    data[len(data) // 2] ^= 0x10
    block.write_bytes(data)
    await restart(server, ledger)
    assert (await facts_of(ledger)).missing == 0, "the server has not noticed"
    damaged = await facts_of(ledger, whole=True)
    assert (damaged.last, damaged.missing) == (400, 1)


@pytest.mark.slow
async def test_a_truncated_block_shows_as_missing_messages_or_a_lower_position(
    server: ServerProcess, ledger: JetStreamBus
) -> None:
    await ledger.facts.publish([fact(number) for number in range(400)])
    server.stop(signal.SIGTERM)
    block = blocks(server.store, FACTS_STREAM)
    os.truncate(block, block.stat().st_size // 2)
    await restart(server, ledger)
    damaged = await facts_of(ledger, whole=True)
    assert damaged.missing > 150 or damaged.last < 250


@pytest.mark.slow
async def test_a_deleted_store_is_a_different_store(server: ServerProcess, ledger: JetStreamBus) -> None:
    before = {state.stream: state.created for state in await ledger.storage.states()}
    server.stop()
    shutil.rmtree(server.store)
    await restart(server, ledger)
    async with asyncio.timeout(30):
        while True:
            try:
                after = {state.stream: state.created for state in await ledger.storage.states()}
                break
            except Missing:
                await asyncio.sleep(0.1)
    assert set(before) == set(after) == set(STREAMS)
    assert not set(before.values()) & set(after.values())
