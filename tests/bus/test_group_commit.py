"""Batches on the wire: how many there are, and what the server may do to them."""

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
from tests.bus.conftest import ConnectAs, forget_everything
from tests.bus.messages import CALM, QUEUES, fetch_all, numbers, order
from tests.bus.nats_server import ServerProcess


@pytest.fixture
async def server(shared_server: ServerProcess) -> ServerProcess:
    await forget_everything(shared_server)
    return shared_server


@pytest.fixture
async def bus(connect_as: ConnectAs) -> JetStreamBus:
    bus = await connect_as("observer")
    await bus.provision(QUEUES)
    return bus


async def batches(bus: JetStreamBus) -> list[list[int]]:
    """What is stored, by the batch it came in."""
    found: dict[str, list[int]] = {}
    state = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["state"]
    for position in range(state["first_seq"], state["last_seq"] + 1):
        stored = await call(bus.connection, f"STREAM.MSG.GET.{WORK_STREAM}", {"seq": position})
        found.setdefault(_batch_of(stored["message"]) or str(position), []).append(position)
    return list(found.values())


def _batch_of(message: dict[str, Any]) -> str:
    lines = b64decode(message.get("hdrs", "")).decode().split("\r\n")
    return next((line.partition(": ")[2] for line in lines if line.startswith("Nats-Batch-Id")), "")


async def test_what_gathers_while_a_message_is_on_its_way_is_one_batch(bus: JetStreamBus) -> None:
    await asyncio.gather(*(bus.work.publish([order(n)]) for n in range(300)))
    stored = await batches(bus)
    assert sum(map(len, stored)) == 300
    assert len(stored) <= 3
    assert all(later - earlier == 1 for batch in stored for earlier, later in pairwise(batch))


async def test_one_call_with_many_messages_is_split_by_number_and_by_size(bus: JetStreamBus) -> None:
    await bus.work.publish([order(n) for n in range(1100)])
    padding = b" " * 300_000
    await bus.work.publish([Envelope(subject=CALM.subject, message_id=f"b{n}", payload=padding) for n in range(8)])
    sizes = [len(batch) for batch in await batches(bus)]
    assert sizes == [500, 500, 100, 4, 4]


async def test_batches_left_open_by_dead_publishers_only_delay(bus: JetStreamBus) -> None:
    """The server keeps at most 50 open batches per stream, and forgets them after ten seconds."""
    for number in range(50):
        headers = {"Nats-Batch-Id": f"open-{number}", "Nats-Batch-Sequence": "1", "Nats-Msg-Id": f"open-{number}"}
        await bus.connection.publish(CALM.subject, b"{}", "", headers)
    await bus.connection.nc.flush()
    await bus.work.publish([order(n) for n in range(100)])
    assert numbers(await fetch_all(bus, CALM, 100)) == list(range(100))


async def test_a_stream_without_batches_still_stores_everything_once(bus: JetStreamBus) -> None:
    config = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["config"]
    await call(bus.connection, f"STREAM.UPDATE.{WORK_STREAM}", {**config, "allow_atomic": False})
    await bus.work.publish([order(n) for n in range(100)])
    assert numbers(await fetch_all(bus, CALM, 100)) == list(range(100))


async def test_a_message_the_stream_will_not_take_is_refused_alone(bus: JetStreamBus) -> None:
    config = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["config"]
    await call(bus.connection, f"STREAM.UPDATE.{WORK_STREAM}", {**config, "max_msg_size": 2000})
    large = Envelope(subject=CALM.subject, message_id="large", payload=b" " * 3000)
    publishing = [asyncio.create_task(bus.work.publish([order(n)])) for n in range(10)]
    refused = asyncio.create_task(bus.work.publish([large]))
    await asyncio.gather(*publishing, bus.work.publish([order(10)]))
    with pytest.raises(MessageRefused, match="'large"):
        await refused
    assert sorted(numbers(await fetch_all(bus, CALM, 11))) == list(range(11))


async def test_a_full_stream_is_waited_for(bus: JetStreamBus) -> None:
    config = (await call(bus.connection, f"STREAM.INFO.{WORK_STREAM}"))["config"]
    await call(bus.connection, f"STREAM.UPDATE.{WORK_STREAM}", {**config, "max_msgs": 5, "discard": "new"})
    await bus.work.publish([order(n) for n in range(5)])
    waiting = asyncio.create_task(bus.work.publish([order(n) for n in range(5, 8)]))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await call(bus.connection, f"STREAM.PURGE.{WORK_STREAM}")
    await asyncio.wait_for(waiting, 30)
    assert numbers(await fetch_all(bus, CALM, 3)) == [5, 6, 7]
