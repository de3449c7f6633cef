"""Logins of external consumers on a real nats-server, used with a plain NATS client as outsiders do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from signal import SIGHUP

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.client import JetStreamContext

from assay.bus.consumers import CONSUMER_API, consumer_login, read_consumers
from assay.bus.errors import BusMisconfigured
from assay.bus.nats.bus import JetStreamBus, connect
from assay.bus.nats.server.api import call
from assay.bus.nats.server.provisioning import provision_consumer
from assay.bus.queues import all_queues
from assay.bus.streams import FACTS_STREAM, REPORTS_STREAM, WORK_STREAM
from tests.bus.conftest import ConnectAs, delete_all_streams
from tests.bus.messages import fact
from tests.bus.nats_server import ServerProcess

FACTS = 5


class Outsider:
    """A connection with a consumer's login that records what the server refuses."""

    def __init__(self) -> None:
        self._refusals = asyncio.Queue[str]()
        self.disconnects = 0
        self.nc = Client()

    async def connect(self, server: ServerProcess, name: str) -> None:
        login = consumer_login(name)
        await self.nc.connect(
            server.url,
            user=login,
            password=f"{login}-secret",
            inbox_prefix=f"_INBOX_{login}",
            allow_reconnect=False,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
        )

    async def subscription(self, name: str) -> JetStreamContext.PullSubscription:
        return await self.nc.jetstream(prefix=CONSUMER_API).pull_subscribe_bind(
            consumer_login(name), stream=FACTS_STREAM
        )

    async def fetch(self, name: str, count: int) -> list[str]:
        """The ids of the fetched facts, acknowledged."""
        messages = await (await self.subscription(name)).fetch(count, timeout=10)
        for message in messages:
            await message.ack_sync()
        return [(message.headers or {})["Nats-Msg-Id"] for message in messages]

    async def refusal(self, attempt: Awaitable[object]) -> str:
        """What the server says to the attempt, in lower case. Raises TimeoutError if it says nothing."""
        self._refusals = asyncio.Queue[str]()
        await attempt
        async with asyncio.timeout(30):
            return await self._refusals.get()

    async def _on_error(self, error: Exception) -> None:
        self._refusals.put_nowait(str(error).lower())

    async def _on_disconnected(self) -> None:
        self.disconnects += 1


ConnectOutsider = Callable[[str], Awaitable[Outsider]]


@pytest.fixture
async def server(shared_server: ServerProcess) -> ServerProcess:
    await delete_all_streams(shared_server)
    return shared_server


@pytest.fixture
async def ledger(connect_as: ConnectAs) -> JetStreamBus:
    bus = await connect_as("ledger")
    await bus.provision(all_queues())
    for name in ServerProcess.consumers:
        await provision_consumer(bus.connection, name)
    await bus.facts.publish([fact(number) for number in range(FACTS)])
    return bus


@pytest.fixture
async def connect_outsider(server: ServerProcess, ledger: JetStreamBus) -> AsyncGenerator[ConnectOutsider]:
    async with AsyncExitStack() as stack:

        async def connect_as_outsider(name: str) -> Outsider:
            outsider = Outsider()
            await outsider.connect(server, name)
            stack.push_async_callback(outsider.nc.close)
            return outsider

        yield connect_as_outsider


async def stored(bus: JetStreamBus, stream: str) -> int:
    return int((await call(bus.connection, f"STREAM.INFO.{stream}"))["state"]["messages"])


async def reload_until_usable(outsider: Outsider, server: ServerProcess, name: str) -> None:
    """nats-server 2.15 adds an account at the first reload and connects its imports at the second."""
    async with asyncio.timeout(60):
        while True:
            server.signal(SIGHUP)
            try:
                if not outsider.nc.is_connected:
                    await outsider.connect(server, name)
                await (await outsider.subscription(name)).consumer_info()
                return
            except (nats.errors.Error, ConnectionError):
                await asyncio.sleep(0.1)


async def test_each_consumer_gets_every_fact_and_continues_after_its_last_acknowledgement(
    connect_outsider: ConnectOutsider, ledger: JetStreamBus
) -> None:
    expected = [fact(number).message_id for number in range(FACTS)]
    first = await (await connect_outsider("billing")).fetch("billing", 3)
    again = await (await connect_outsider("billing")).fetch("billing", 2)
    assert first + again == expected
    assert await (await connect_outsider("audit")).fetch("audit", FACTS) == expected


async def test_a_request_waits_for_facts_that_are_published_later(
    connect_outsider: ConnectOutsider, ledger: JetStreamBus
) -> None:
    billing = await connect_outsider("billing")
    await billing.fetch("billing", FACTS)
    waiting = asyncio.create_task(billing.fetch("billing", 1))
    await ledger.facts.publish([fact(FACTS)])
    assert await waiting == [fact(FACTS).message_id]


async def test_provisioning_again_keeps_the_position(connect_outsider: ConnectOutsider, ledger: JetStreamBus) -> None:
    billing = await connect_outsider("billing")
    await billing.fetch("billing", FACTS - 1)
    await provision_consumer(ledger.connection, "billing")
    assert await billing.fetch("billing", 1) == [fact(FACTS - 1).message_id]


@pytest.mark.parametrize(
    "subject",
    [
        fact(1).subject,
        "assay.work.run.default",
        "assay.work.report.run",
        "assay.work.report.judge",
        "assay.dead.x",
        "assay.rpc.ledger.runs.submit",
        "assay.tail.v1.default.r1.r1-1",
        "$JS.API.STREAM.DELETE.ASSAY_WORK",
        "$JS.API.STREAM.MSG.GET.ASSAY_WORK",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.CONSUMER.CREATE.ASSAY_FACTS.consumer-billing",
        "$JS.API.CONSUMER.DELETE.ASSAY_FACTS.consumer-billing",
        "assay.api.CONSUMER.CREATE.ASSAY_FACTS.consumer-billing",
        "assay.api.CONSUMER.MSG.NEXT.ASSAY_FACTS.consumer-audit",
        "assay.api.CONSUMER.MSG.NEXT.ASSAY_WORK.run-default",
        "assay.api.CONSUMER.MSG.NEXT.ASSAY_REPORTS.reports",
        "$JS.ACK.ASSAY_FACTS.consumer-audit.1.1.1.1.0",
        "$JS.ACK.ASSAY_REPORTS.reports.1.1.1.1.0",
        "$SYS.REQ.SERVER.PING.JSZ",
        "_INBOX_consumer-audit.x",
    ],
)
async def test_a_consumer_can_publish_on_no_other_subject(connect_outsider: ConnectOutsider, subject: str) -> None:
    billing = await connect_outsider("billing")
    refusal = await billing.refusal(billing.nc.publish(subject, b"{}"))
    assert f'permissions violation for publish to "{subject.lower()}"' in refusal


@pytest.mark.parametrize(
    "subject",
    [
        ">",
        "assay.>",
        "assay.evt.v1.>",
        "assay.work.>",
        "assay.tail.v1.>",
        "assay.rpc.>",
        "_INBOX.>",
        "_INBOX_consumer-audit.>",
        "$JS.EVENT.>",
        "$SYS.>",
    ],
)
async def test_a_consumer_can_subscribe_only_to_its_own_replies(
    connect_outsider: ConnectOutsider, subject: str
) -> None:
    billing = await connect_outsider("billing")
    refusal = await billing.refusal(billing.nc.subscribe(subject))
    assert f'permissions violation for subscription to "{subject.lower()}"' in refusal


@pytest.mark.parametrize("stream", [WORK_STREAM, REPORTS_STREAM])
async def test_a_consumer_cannot_have_facts_delivered_into_another_stream(
    connect_outsider: ConnectOutsider, ledger: JetStreamBus, stream: str
) -> None:
    """The server publishes its reply to a request on the subject that the request names."""
    target = {WORK_STREAM: "assay.work.run.default", REPORTS_STREAM: "assay.work.report.judge"}[stream]
    billing = await connect_outsider("billing")
    for request in ("MSG.NEXT", "INFO"):
        subject = f"{CONSUMER_API}.CONSUMER.{request}.{FACTS_STREAM}.consumer-billing"
        await billing.nc.publish(subject, b"2", reply=target)
    assert await billing.fetch("billing", 1)  # the server handles a connection's requests in order
    assert await stored(ledger, stream) == 0


async def test_a_wrong_password_is_refused(server: ServerProcess, ledger: JetStreamBus) -> None:
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await nats.connect(server.url, user="consumer-billing", password="x", allow_reconnect=False)


async def test_the_ledger_creates_the_durable_consumers_that_its_file_names(
    server: ServerProcess, connect_as: ConnectAs, tmp_path: Path
) -> None:
    file = tmp_path / "consumers"
    file.write_text("billing\n\naudit\n")
    ledger = await connect(replace(server.settings("ledger"), consumers_file=file))
    await ledger.provision(all_queues())
    await ledger.close()
    observer = await connect_as("observer")
    for name in ("billing", "audit"):
        info = await call(observer.connection, f"CONSUMER.INFO.{FACTS_STREAM}.consumer-{name}")
        assert "deliver_subject" not in info["config"]


@pytest.mark.parametrize("name", ["", "Billing", "a.b", "a b", "*", ">", "ü", "x" * 33, "-x"])
def test_an_unusable_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BusMisconfigured, match="lower-case letters"):
        consumer_login(name)
    if name:
        (tmp_path / "consumers").write_text(f"billing\n{name}")
        with pytest.raises(BusMisconfigured):
            read_consumers(tmp_path / "consumers")


async def test_a_new_login_works_after_a_reload_that_disconnects_no_one(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.start()
    async with AsyncExitStack() as stack:
        stack.callback(server.stop)
        billing, later = Outsider(), Outsider()
        ledger = await connect(server.settings("ledger"))
        stack.push_async_callback(ledger.close)
        await ledger.provision(all_queues())
        await billing.connect(server, "billing")
        stack.push_async_callback(billing.nc.close)
        server.consumers = (*server.consumers, "later")
        server.reconfigure()
        for name in ("billing", "later"):
            await provision_consumer(ledger.connection, name)
        await reload_until_usable(later, server, "later")
        stack.push_async_callback(later.nc.close)
        await ledger.facts.publish([fact(1)])
        assert [await billing.fetch("billing", 1), await later.fetch("later", 1)] == [[fact(1).message_id]] * 2
        assert (billing.disconnects, ledger.reconnects) == (0, 0)
