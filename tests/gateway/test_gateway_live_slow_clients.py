"""Slow clients: they delay no one else, use bounded memory, and are disconnected when they stall."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.uri import parse_uri

from assay.contracts import subjects
from assay.contracts.codec import encode
from assay.contracts.ids import attempt_id
from assay.contracts.live import Subscribe
from assay.contracts.tail import TailKind, TailLine
from tests.gateway.harness import FAST, Gateway, open_gateway

LONG_TEXT = base64.b64encode(bytes(range(256)) * 60).decode()
"""20 KB, so that a few hundred facts exceed the kernel's buffers."""
SMALL_QUEUE = replace(FAST, max_queued_bytes=300_000)
DELAY_LIMIT_SECONDS = 7.0
"""Shorter than the ping time-out, so a client that waits for the unreading one exceeds it."""


class UnreadingClient:
    """A client that subscribes and then does not read until ``read_to_the_end``."""

    def __init__(self, gateway: Gateway) -> None:
        self._house = gateway
        self._socket = socket.socket()
        self._protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{gateway.port}/api/v1/live"), max_size=None)

    async def open(self, *topics: str) -> None:
        loop = asyncio.get_running_loop()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.setblocking(False)
        await loop.sock_connect(self._socket, ("127.0.0.1", self._house.port))
        self._protocol.send_request(self._protocol.connect())
        await self._flush()
        self._protocol.receive_data(await loop.sock_recv(self._socket, 4096))
        for topic in topics:
            self._protocol.send_text(encode(Subscribe(topic=topic)))
        await self._flush()

    async def read_to_the_end(self) -> int:
        """Returns the server's close code."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(60):
            while self._protocol.close_rcvd is None:
                with suppress(ConnectionResetError):
                    if data := await loop.sock_recv(self._socket, 65_536):
                        self._protocol.receive_data(data)
                        continue
                break
        return self._protocol.close_rcvd.code if self._protocol.close_rcvd else 1006

    def close(self) -> None:
        self._socket.close()

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            await asyncio.get_running_loop().sock_sendall(self._socket, data)


@asynccontextmanager
async def unreading_client(gateway: Gateway, *topics: str) -> AsyncGenerator[UnreadingClient]:
    client = UnreadingClient(gateway)
    await client.open(*topics)
    try:
        yield client
    finally:
        client.close()


async def publish_long_run(gateway: Gateway, run_id: str) -> int:
    """Publishes a run's facts with long texts and waits until the hub has received them; returns the last sequence."""
    await gateway.ledger.complete_run(run_id, reason=LONG_TEXT)
    last = len(gateway.ledger.runs[run_id].events)
    while gateway.hub.counters.facts_received < last:
        await asyncio.sleep(0.01)
    return last


async def test_an_unreading_client_delays_no_other(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, live_settings=SMALL_QUEUE) as gateway:
        run_id = await gateway.ledger.new_run(attempts=60)
        async with unreading_client(gateway, f"run:{run_id}"), gateway.live() as reader:
            await reader.subscribe(f"run:{run_id}", cursor=1)
            await asyncio.sleep(0.05)
            for ordinal in range(60):
                for _ in range(5):
                    await gateway.ledger.advance(run_id, ordinal, reason=LONG_TEXT)
                    frame = await reader.next(seconds=DELAY_LIMIT_SECONDS)
                    assert frame["type"] == "fact"
            assert gateway.hub.counters.resyncs >= 1
            assert max(map(len, queued_texts(gateway))) <= SMALL_QUEUE.max_queued_bytes


def queued_texts(gateway: Gateway) -> list[str]:
    """The queued facts of each client, as text."""
    return [
        "".join(text for sub in connection._subscriptions.values() for text in sub._queue)
        for connection in gateway.hub.connections
    ]


async def test_a_slow_client_catches_up_by_snapshot(tmp_path: Path) -> None:
    """It misses facts, gets a snapshot instead, and the facts after that follow without a gap."""
    async with open_gateway(tmp_path, live_settings=SMALL_QUEUE) as gateway:
        run_id = await gateway.ledger.new_run(attempts=60)
        async with gateway.live(max_queue=1) as slow:
            await slow.subscribe(f"run:{run_id}")
            await slow.next("snapshot")
            last = await publish_long_run(gateway, run_id)
            assert gateway.hub.counters.resyncs >= 1
            at, snapshots = 1, 0
            while at < last:
                frame = await slow.next("snapshot", "fact")
                if frame["type"] == "snapshot":
                    snapshots += 1
                    assert frame["cursor"] > at
                else:
                    assert frame["cursor"] == at + 1
                at = frame["cursor"]
            assert snapshots >= 1
            assert await slow.is_silent()


async def test_a_stalled_client_is_disconnected(tmp_path: Path) -> None:
    """The client reads the close code only if it resumes in time, hence the retries."""
    codes = [await close_code_of_stalled_client(tmp_path / "first")]
    while codes[-1] != 1013 and len(codes) < 4:
        codes.append(await close_code_of_stalled_client(tmp_path / f"again{len(codes)}"))
    assert codes[-1] == 1013, codes


async def close_code_of_stalled_client(folder: Path) -> int:
    """The close code that a stalled client reads."""
    async with open_gateway(folder, live_settings=replace(FAST, stall_seconds=0.3)) as gateway:
        run_id = await gateway.ledger.new_run(attempts=60)
        async with unreading_client(gateway, f"run:{run_id}") as client:
            while not gateway.hub.connections:
                await asyncio.sleep(0.02)
            await publish_long_run(gateway, run_id)
            while gateway.hub.connections:
                await asyncio.sleep(0.02)
            assert gateway.hub.counters.stalled_clients == 1
            return await client.read_to_the_end()


async def test_dropped_lines_are_counted(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, live_settings=replace(SMALL_QUEUE, max_tail_bytes=20_000)) as gateway:
        run_id = await gateway.ledger.new_run(attempts=1)
        name = attempt_id(run_id, 0)
        async with gateway.live(max_queue=1) as slow:
            await slow.subscribe(f"attempt:{name}")
            await slow.next("snapshot")
            for number in range(600):
                text = f"{number} {LONG_TEXT[:4000]}"
                line = TailLine(attempt_id=name, token=1, kind=TailKind.STDOUT, text=text, time=datetime.now(UTC))
                await gateway.bus.tail.emit(subjects.tail("default", run_id, name), line)
                if number % 20 == 0:
                    await asyncio.sleep(0.002)
            numbers: list[int] = []
            dropped = 0
            while len(numbers) + dropped < 600:
                frame = await slow.next("tail")
                numbers += [int(line["text"].partition(" ")[0]) for line in frame["lines"]]
                dropped += frame["dropped"]
            assert dropped > 0
            assert numbers == sorted(numbers)


async def test_a_disconnected_client_leaves_nothing_behind(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    for _ in range(5):
        async with gateway.live() as live:
            for topic in (f"run:{run_id}", f"attempt:{attempt_id(run_id, 0)}", "runs", "leaderboard"):
                await live.subscribe(topic)
                await live.next("snapshot")
    while gateway.hub.connections:
        await asyncio.sleep(0.01)
    feeds = gateway.hub.feeds
    assert not feeds._runs
    assert not feeds._tails._listeners
    assert not feeds.run_list.has_subscribers
    assert not feeds.leaderboards.has_subscribers


async def test_too_many_clients_get_503(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, live_settings=replace(FAST, max_connections=1)) as gateway, gateway.live():
        while not gateway.hub.connections:
            await asyncio.sleep(0.01)
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.live():
                pass
        assert refused.value.response.status_code == 503
        assert "too_many_clients" in bytes(refused.value.response.body or b"").decode()
