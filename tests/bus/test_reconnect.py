"""A nats-server that is killed and restarted, on the same store or on an empty one."""

from __future__ import annotations

import asyncio
import shutil
import signal

import pytest

from assay.bus.errors import BusClosed, BusForbidden, BusMisconfigured, BusUnavailable
from assay.bus.nats.bus import JetStreamBus, connect
from assay.bus.permissions import USERS
from assay.bus.settings import BusSettings
from assay.contracts.rpc import GetHealth
from assay.embedded.process_identity import free_port
from tests.bus.conftest import ConnectAs
from tests.bus.messages import FETCH_SECONDS, ORDERS, QUEUES, fact, fetch_all, numbers, order
from tests.bus.nats_server import ServerProcess
from tests.bus.test_facts import ALL, take
from tests.bus.test_facts import numbers as fact_numbers
from tests.bus.test_rpc import healthy

pytestmark = pytest.mark.slow


@pytest.fixture
async def ledger(connect_as: ConnectAs) -> JetStreamBus:
    bus = await connect_as("observer")
    await bus.provision(QUEUES)
    return bus


async def wait_for_reconnects(bus: JetStreamBus, reconnects: int) -> None:
    async with asyncio.timeout(30):
        while bus.reconnects < reconnects:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_all_operations_recover_after_a_restart(
    server: ServerProcess, ledger: JetStreamBus, connect_as: ConnectAs, number: signal.Signals
) -> None:
    other = await connect_as("observer")
    await ledger.rpc.serve("ledger", {GetHealth: healthy("ledger")})
    await ledger.work.publish([order(1)])
    assert numbers(await other.work.fetch(ORDERS, 10, FETCH_SECONDS)) == [1]
    server.stop(number)
    publishing = [asyncio.create_task(other.work.publish([order(n)])) for n in range(2, 40)]
    waiting = asyncio.create_task(ledger.work.fetch(ORDERS, 100, 240))
    await asyncio.sleep(0.7)
    assert not any(task.done() for task in publishing)
    server.start()
    async with asyncio.timeout(60):
        await asyncio.gather(*publishing)
        assert numbers(await waiting)
        assert (await other.rpc.request(GetHealth())).service == "ledger"
    assert not other.closed.is_set()


async def test_acknowledged_messages_survive_and_none_is_stored_twice(
    server: ServerProcess, ledger: JetStreamBus, connect_as: ConnectAs
) -> None:
    """Publishers continue while the server is killed twice."""
    other = await connect_as("observer")

    async def publish(first: int) -> None:
        for n in range(first, first + 300):
            await other.work.publish([order(n)])

    publishing = [asyncio.create_task(publish(first)) for first in range(0, 1500, 300)]
    for _ in range(2):
        await asyncio.sleep(0.1)
        server.stop()
        server.start()
        await wait_for_reconnects(other, other.reconnects + 1)
    await asyncio.gather(*publishing)
    assert sorted(numbers(await fetch_all(ledger, ORDERS, 1500))) == list(range(1500))


async def test_an_unsettled_message_is_redelivered_after_a_restart(server: ServerProcess, ledger: JetStreamBus) -> None:
    await ledger.work.publish([order(1)])
    [first] = await ledger.work.fetch(ORDERS, 1, FETCH_SECONDS)
    server.stop()
    server.start()
    await wait_for_reconnects(ledger, 1)
    await first.nak()
    [again] = await ledger.work.fetch(ORDERS, 1, FETCH_SECONDS)
    assert again.message == first.message


async def test_replay_has_no_gaps_across_a_restart(
    server: ServerProcess, ledger: JetStreamBus, connect_as: ConnectAs
) -> None:
    other = await connect_as("observer")
    async with other.facts.replay(ALL) as facts:
        await ledger.facts.publish([fact(number) for number in range(50)])
        assert fact_numbers(await take(facts, 30)) == list(range(30))
        server.stop()
        server.start()
        await ledger.facts.publish([fact(number) for number in range(50, 100)])
        assert fact_numbers(await take(facts, 70, seconds=60)) == list(range(30, 100))


async def test_listeners_receive_facts_after_a_restart(
    server: ServerProcess, ledger: JetStreamBus, connect_as: ConnectAs
) -> None:
    other = await connect_as("observer")
    async with other.facts.listen(ALL) as facts:
        server.stop()
        server.start()
        await wait_for_reconnects(other, 1)
        await other.connection.nc.flush()
        await ledger.facts.publish([fact(1)])
        assert fact_numbers(await take(facts, 1)) == [1]


async def test_a_deleted_store_is_provisioned_again(
    server: ServerProcess, ledger: JetStreamBus, connect_as: ConnectAs
) -> None:
    other = await connect_as("observer")
    await ledger.facts.publish([fact(number) for number in range(5)])
    async with other.facts.replay(ALL) as facts:
        await take(facts, 5)
        server.stop()
        shutil.rmtree(server.store)
        server.start()
        await other.work.publish([order(1)])
        assert numbers(await other.work.fetch(ORDERS, 1, FETCH_SECONDS)) == [1]
        await ledger.facts.publish([fact(number) for number in range(5, 8)])
        assert fact_numbers(await take(facts, 3)) == [5, 6, 7]


async def test_a_suspended_server_delays_messages_but_loses_none(server: ServerProcess, ledger: JetStreamBus) -> None:
    server.signal(signal.SIGSTOP)
    publishing = asyncio.create_task(ledger.work.publish([order(n) for n in range(10)]))
    with pytest.raises(BusUnavailable):
        await ledger.rpc.request(GetHealth(), timeout_seconds=0.3)
    assert await ledger.work.fetch(ORDERS, 1, 0.1) == []
    assert not publishing.done()
    server.signal(signal.SIGCONT)
    await publishing
    assert sorted(numbers(await fetch_all(ledger, ORDERS, 10))) == list(range(10))


async def test_a_request_during_an_outage_fails_at_its_timeout(server: ServerProcess, ledger: JetStreamBus) -> None:
    server.stop()
    async with asyncio.timeout(30):
        with pytest.raises(BusUnavailable):
            await ledger.rpc.request(GetHealth(), timeout_seconds=0.5)
        assert await ledger.work.fetch(ORDERS, 1, 0.5) == []
    assert not ledger.connected


async def test_a_waiting_publish_can_be_cancelled(server: ServerProcess, ledger: JetStreamBus) -> None:
    server.stop()
    cancelled = asyncio.create_task(ledger.work.publish([order(1)]))
    other = asyncio.create_task(ledger.work.publish([order(2)]))
    await asyncio.sleep(0.2)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    server.start()
    await other
    assert numbers(await fetch_all(ledger, ORDERS, 1))[-1] == 2


async def test_operations_on_a_closed_bus_raise_bus_closed(ledger: JetStreamBus) -> None:
    await ledger.close()
    assert ledger.closed.is_set()
    with pytest.raises(BusClosed):
        await ledger.work.publish([order(1)])
    with pytest.raises(BusClosed):
        await ledger.work.fetch(ORDERS, 1, 1)


async def test_connections_close_if_the_server_comes_back_without_sync_always(
    server: ServerProcess, ledger: JetStreamBus, connect_as: ConnectAs
) -> None:
    runner = await connect_as("runner")
    server.stop()
    server.reconfigure(sync_always=False)
    server.start()
    async with asyncio.timeout(30):
        await asyncio.gather(ledger.closed.wait(), runner.closed.wait())


@pytest.mark.parametrize("user", USERS)
async def test_every_service_refuses_a_server_without_sync_always(server: ServerProcess, user: str) -> None:
    server.stop()
    server.reconfigure(sync_always=False)
    server.start()
    with pytest.raises(BusMisconfigured, match="sync_interval: always"):
        await connect(server.settings(user))


@pytest.mark.parametrize("user", USERS)
async def test_every_service_accepts_a_server_with_sync_always(server: ServerProcess, user: str) -> None:
    bus = await connect(server.settings(user))
    assert bus.connected
    await bus.close()


async def test_a_refused_login_is_reported_immediately(server: ServerProcess) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(BusForbidden, match=r"'runner'.*ASSAY_NATS_PASSWORD"):
            await connect(server.settings("runner", "wrong"))


async def test_a_missing_server_is_reported_after_the_connect_timeout() -> None:
    settings = BusSettings(url=f"nats://127.0.0.1:{free_port()}", connect_timeout_seconds=0.5)
    with pytest.raises(BusUnavailable, match="ASSAY_NATS_URL"):
        await connect(settings)
