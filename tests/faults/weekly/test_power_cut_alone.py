"""Power cuts under a NATS store and under a Postgres volume (faults 11 and 12): each server alone, with clients that
record what it acknowledged. Each also runs without its durable settings, to show that the disk does lose data."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import asyncpg
import pytest

from assay.bus.nats.bus import JetStreamBus
from assay.bus.nats.connection import Connection
from assay.bus.nats.server.provisioning import provision
from assay.bus.protocol import Envelope
from assay.embedded.postgres import ACCOUNT, PROGRAMS
from tests.bus.nats_server import ServerProcess
from tests.faults.weekly.conftest import Figure
from tests.faults.weekly.power import PoweredDisk

CUTS = 5
SECONDS = 2.0
CLIENTS = 8


def fact(client: int, number: int) -> Envelope:
    return Envelope(
        subject="assay.evt.v1.p.attempt.finished.r", message_id=f"{client}-{number}", payload=b'{"n":%d}' % number
    )


async def connect_unchecked(server: ServerProcess) -> JetStreamBus:
    """Connect without the durability check of the services."""
    connection = Connection(server.settings())
    await connection.open()
    await provision(connection, [])
    return JetStreamBus(connection)


async def publish_until(bus: JetStreamBus, end: float, first: int) -> list[str]:
    """Returns the ids that the stream confirmed."""
    confirmed: list[str] = []

    async def client(number: int) -> None:
        count = first
        while time.monotonic() < end:
            envelopes = [fact(number, count + n) for n in range(1 + number % 3)]
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    await bus.facts.publish(envelopes)
            except TimeoutError:
                return
            confirmed.extend(envelope.message_id for envelope in envelopes)
            count += len(envelopes)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return confirmed


async def stored_ids(bus: JetStreamBus) -> set[str]:
    states = {state.stream: state for state in await bus.storage.states()}
    last = states["ASSAY_FACTS"].last
    return {await bus.storage.fact_id(position) for position in range(1, last + 1)}


async def cut_under_nats(disk: PoweredDisk, folder: Path, sync_always: bool, cuts: int) -> tuple[int, int]:
    """Returns the number of confirmed messages, and of those that were lost."""
    server = ServerProcess(folder)
    server.store = disk.folder / "store"
    server.reconfigure(sync_always=sync_always)
    confirmed: list[str] = []
    for number in range(cuts):
        disk.power_on()
        server.start()
        bus = await connect_unchecked(server)
        publishing = asyncio.create_task(publish_until(bus, time.monotonic() + SECONDS, number * 1_000_000))
        await asyncio.sleep(SECONDS * 0.8)
        disk.cut_power()
        confirmed += await publishing
        server.stop(signal.SIGKILL)
        await bus.close()
        disk.detach()
    disk.power_on()
    server.start()
    bus = await connect_unchecked(server)
    found = await stored_ids(bus)
    await bus.close()
    server.stop()
    disk.detach()
    return len(confirmed), len(set(confirmed) - found)


async def test_11_nats_loses_nothing_it_acknowledged(disk: PoweredDisk, tmp_path: Path, figure: Figure) -> None:
    confirmed, lost = await cut_under_nats(disk, tmp_path, sync_always=True, cuts=CUTS)
    assert confirmed > 500
    assert lost == 0
    figure(f"{CUTS} power cuts; {confirmed} messages acknowledged, {lost} of them lost")


async def test_11_without_sync_always_this_disk_loses_data(disk: PoweredDisk, tmp_path: Path, figure: Figure) -> None:
    confirmed, lost = await cut_under_nats(disk, tmp_path, sync_always=False, cuts=1)
    assert lost > 0
    figure(f"without sync_interval: always, 1 power cut; {confirmed} acknowledged, {lost} lost")


class Cluster:
    """A Postgres server on the disk."""

    def __init__(self, data: Path, sockets: Path, *settings: str) -> None:
        self._data, self._sockets, self._settings = data, sockets, settings
        self._user = pwd.getpwnam(ACCOUNT)
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        self._data.mkdir()
        os.chown(self._data, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", str(self._data), "--auth=trust", "--username=postgres").wait(60)

    def start(self) -> None:
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        options = [f"--{setting}" for setting in ("listen_addresses=", "io_method=sync", *self._settings)]
        self._process = self._run(
            "postgres", "-D", str(self._data), f"--unix_socket_directories={self._sockets}", *options
        )

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (str(PROGRAMS / program), *arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._user.pw_uid,
            group=self._user.pw_gid,
            extra_groups=[],
            cwd="/",
        )

    async def connect(self) -> asyncpg.Connection:
        deadline = time.monotonic() + 60
        while True:
            try:
                return await asyncpg.connect(f"postgresql://postgres@/postgres?host={self._sockets}", timeout=5)
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < deadline, "Postgres did not come back"
                await asyncio.sleep(0.2)


async def insert_until(cluster: Cluster, end: float, confirmed: list[int], client: int) -> None:
    connection = await cluster.connect()
    try:
        while time.monotonic() < end:
            number = client * 10**12 + time.monotonic_ns() % 10**12
            await asyncio.wait_for(connection.execute("INSERT INTO promises VALUES ($1)", number), 5)
            confirmed.append(number)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return
    finally:
        connection.terminate()


async def cut_under_postgres(disk: PoweredDisk, cluster: Cluster, cuts: int) -> tuple[int, int]:
    confirmed: list[int] = []
    for number in range(cuts):
        disk.power_on()
        if not number:
            cluster.make()
        cluster.start()
        connection = await cluster.connect()
        await connection.execute("CREATE TABLE IF NOT EXISTS promises (n bigint PRIMARY KEY)")
        await connection.close()
        end = time.monotonic() + SECONDS
        inserting = [asyncio.create_task(insert_until(cluster, end, confirmed, client)) for client in range(CLIENTS)]
        await asyncio.sleep(SECONDS * 0.8)
        disk.cut_power()
        await asyncio.gather(*inserting)
        cluster.kill()
        disk.detach()
    disk.power_on()
    cluster.start()
    connection = await cluster.connect()
    found = {row["n"] for row in await connection.fetch("SELECT n FROM promises")}
    await connection.close()
    cluster.kill()
    disk.detach()
    return len(confirmed), len(set(confirmed) - found)


@pytest.fixture
def sockets() -> Path:
    folder = Path("/tmp") / f"assay-pw-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    return folder


@pytest.fixture
def reachable(tmp_path: Path) -> None:
    """Postgres runs as another user, who needs access through pytest's folders."""
    for above in tmp_path.parents:
        if above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)


async def test_12_postgres_loses_nothing_it_committed(
    disk: PoweredDisk, sockets: Path, reachable: None, figure: Figure
) -> None:
    disk.folder.parent.chmod(0o755)
    cluster = Cluster(disk.folder / "cluster", sockets)
    try:
        confirmed, lost = await cut_under_postgres(disk, cluster, CUTS)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    assert confirmed > 500
    assert lost == 0
    figure(f"{CUTS} power cuts; {confirmed} transactions committed, {lost} of them lost")


async def test_12_without_synchronous_commit_this_disk_loses_data(
    disk: PoweredDisk, sockets: Path, reachable: None, figure: Figure
) -> None:
    disk.folder.parent.chmod(0o755)
    cluster = Cluster(disk.folder / "cluster", sockets, "synchronous_commit=off")
    try:
        confirmed, lost = await cut_under_postgres(disk, cluster, 1)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    assert lost > 0
    figure(f"without synchronous_commit, 1 power cut; {confirmed} committed, {lost} lost")
