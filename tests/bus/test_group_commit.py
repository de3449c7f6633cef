"""Atomic batches: their sizes, and how the server can refuse them."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from itertools import pairwise
from typing import Any

import pytest

from assay.bus.errors import MessageRefused
from assay.bus.nats.bus import JetStreamBus
from assay.bus.nats.server.api import call
from assay.bus.protocol import Envelope
from assay.bus.streams import WORK_STREAM
from tests.bus.conftest import ConnectAs, delete_all_streams
from tests.bus.messages import ORDERS, QUEUES, fetch_all, numbers, order
from tests.bus.nats_server import ServerProcess


@pytest.fixture
async def server(shared_server: ServerProcess) -> ServerProcess:
    await delete_all_streams(shared_server)
    return shared_server


@pytest.fixture
async def bus(connect_as: ConnectAs) -> JetStreamBus:
    bus = await connect_as("observer")
    await bus.provision(QUEUES)
    return bus


async def batches(bus: JetStreamBus) -> list[list[int]]:
    """The stored positions, grouped by the batch they were published in."""
    found: dict[str, list[int]] = {}
    state = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["state"]
    for position in range(state["first_seq"], state["last_seq"] + 1):
        stored = await call(bus.connection, f"STREAM.MSG.GET.{WORK_STREAM}", {"seq": position})
        found.setdefault(_batch_of(stored["message"]) or str(position), []).append(position)
    return list(found.values())


def _batch_of(message: dict[str, Any]) -> str:
    lines = b64decode(message.get("hdrs", "")).decode().split("\r\n")
    return next((line.partition(": ")[2] for line in lines if line.startswith("Nats-Batch-Id")), "")


async def test_messages_published_during_a_pending_publish_form_one_batch(bus: JetStreamBus) -> None:
    await asyncio.gather(*(bus.work.publish([order(n)]) for n in range(300)))
    stored = await batches(bus)
    assert sum(map(len, stored)) == 300
    assert len(stored) <= 3
    assert all(later - earlier == 1 for batch in stored for earlier, later in pairwise(batch))


async def test_a_large_publish_is_split_by_count_and_by_size(bus: JetStreamBus) -> None:
    await bus.work.publish([order(n) for n in range(1100)])
    padding = b" " * 300_000
    await bus.work.publish([Envelope(subject=ORDERS.subject, message_id=f"b{n}", payload=padding) for n in range(8)])
    sizes = [len(batch) for batch in await batches(bus)]
    assert sizes == [500, 500, 100, 4, 4]


async def test_open_batches_of_dead_publishers_only_delay_others(bus: JetStreamBus) -> None:
    """The server keeps at most 50 open batches per stream and drops them after ten seconds."""
    for number in range(50):
        headers = {"Nats-Batch-Id": f"open-{number}", "Nats-Batch-Sequence": "1", "Nats-Msg-Id": f"open-{number}"}
        await bus.connection.publish(ORDERS.subject, b"{}", "", headers)
    await bus.connection.nc.flush()
    await bus.work.publish([order(n) for n in range(100)])
    assert numbers(await fetch_all(bus, ORDERS, 100)) == list(range(100))


async def test_a_stream_without_atomic_batches_stores_everything_once(bus: JetStreamBus) -> None:
    config = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["config"]
    await call(bus.connection, f"STREAM.UPDATE.{WORK_STREAM}", {**config, "allow_atomic": False})
    await bus.work.publish([order(n) for n in range(100)])
    assert numbers(await fetch_all(bus, ORDERS, 100)) == list(range(100))


async def test_only_the_message_that_the_stream_refuses_fails(bus: JetStreamBus) -> None:
    config = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["config"]
    await call(bus.connection, f"STREAM.UPDATE.{WORK_STREAM}", {**config, "max_msg_size": 2000})
    large = Envelope(subject=ORDERS.subject, message_id="large", payload=b" " * 3000)
    publishing = [asyncio.create_task(bus.work.publish([order(n)])) for n in range(10)]
    refused = asyncio.create_task(bus.work.publish([large]))
    await asyncio.gather(*publishing, bus.work.publish([order(10)]))
    with pytest.raises(MessageRefused, match="'large"):
        await refused
    assert sorted(numbers(await fetch_all(bus, ORDERS, 11))) == list(range(11))


async def test_publishing_waits_until_a_full_stream_has_space(bus: JetStreamBus) -> None:
    config = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["config"]
    await call(bus.connection, f"STREAM.UPDATE.{WORK_STREAM}", {**config, "max_msgs": 5, "discard": "new"})
    await bus.work.publish([order(n) for n in range(5)])
    waiting = asyncio.create_task(bus.work.publish([order(n) for n in range(5, 8)]))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await call(bus.connection, f"STREAM.PURGE.{WORK_STREAM}")
    await asyncio.wait_for(waiting, 30)
    assert numbers(await fetch_all(bus, ORDERS, 3)) == [5, 6, 7]
