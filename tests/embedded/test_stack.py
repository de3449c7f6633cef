"""The stack without its services, with the real PostgreSQL and the real nats-server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from assay.bus.settings import BusSettings
from assay.embedded.data_folder import DataFolder, StackState
from assay.embedded.errors import DataInUse, Exposed, PortInUse
from assay.embedded.events import EventKind, StackEvent
from assay.embedded.managed_process import ProcessSpec
from assay.embedded.process_identity import free_port, identify
from assay.embedded.services import Address, ServiceSpecs, UpOptions
from assay.embedded.stale_processes import stop_stale_processes
from assay.embedded.up import running_stack

pytestmark = pytest.mark.slow


class NoServices:
    """Starts no services, and knows the addresses of NATS and PostgreSQL."""

    services: ServiceSpecs

    def __call__(self, services: ServiceSpecs, options: UpOptions) -> list[ProcessSpec]:
        self.services = services
        return []

    @property
    def database_url(self) -> str:
        ledger = next(spec for spec in self.services.specs(UpOptions()) if spec.name == "ledger")
        return ledger.environment["ASSAY_DATABASE_URL"]

    @property
    def bus(self) -> BusSettings:
        variables = self.services.environment("ledger")
        return BusSettings(url=variables["ASSAY_NATS_URL"], user="ledger", password=variables["ASSAY_NATS_PASSWORD"])


PROGRAM = """
import asyncio, sys
from pathlib import Path
from assay.cli.signals import run_until_signal
from assay.embedded.events import json_lines
from assay.embedded.services import Address, UpOptions
from assay.embedded.up import running_stack

async def main():
    options = UpOptions(data=Path(sys.argv[1]), address=Address(port=int(sys.argv[2])))
    async with running_stack(options, json_lines(sys.stdout), lambda services, options: []):
        await asyncio.Event().wait()

run_until_signal(main())
"""


@contextmanager
def stack_process(data: Path) -> Generator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A supervisor process whose NATS and PostgreSQL are ready, and all processes below it."""
    command = [sys.executable, "-c", PROGRAM, str(data), str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line)["event"] == EventKind.SERVING:
                    break
            below = psutil.Process(process.pid).children(recursive=True)
            assert {"nats-server", "postgres"} <= names(below)
            yield process, below
        finally:
            process.kill()


def names(processes: list[psutil.Process]) -> set[str]:
    found: set[str] = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # for example a PostgreSQL backend whose connection closed
            found.add(process.name())
    return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The processes that are still running; zombies do not count."""
    found: list[psutil.Process] = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it may end between the two calls
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def options(data: Path) -> UpOptions:
    return UpOptions(data=data, address=Address(port=free_port()))


async def query(url: str, text: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(text)
    finally:
        await connection.close()


async def test_database_and_bus_are_durable_and_keep_their_data_over_a_restart(tmp_path: Path) -> None:
    began, no_services = time.monotonic(), NoServices()
    async with running_stack(options(tmp_path), lambda event: None, no_services):
        print(f"first start took {time.monotonic() - began:.2f} s")
        assert await query(no_services.database_url, "SHOW fsync") == "on"
        assert await query(no_services.database_url, "SHOW synchronous_commit") == "on"
        assert await query(no_services.database_url, "SHOW listen_addresses") == ""
        await query(no_services.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        port = DataFolder(tmp_path).read_state().ports["nats"]
    began = time.monotonic()
    async with running_stack(options(tmp_path), lambda event: None, no_services):
        print(f"second start took {time.monotonic() - began:.2f} s")
        assert await query(no_services.database_url, "SELECT answer FROM kept") == 42
        assert DataFolder(tmp_path).read_state().ports["nats"] == port


async def test_a_killed_database_and_bus_are_restarted(tmp_path: Path) -> None:
    no_services, events = NoServices(), list[StackEvent]()
    async with running_stack(options(tmp_path), events.append, no_services):
        await query(no_services.database_url, "CREATE TABLE kept AS SELECT 1 AS answer")
        for process in DataFolder(tmp_path).read_state().processes:
            os.kill(process.pid, signal.SIGKILL)
        seen = len(events)
        async with asyncio.timeout(120):
            while {event.service for event in events[seen:] if event.event is EventKind.READY} != {"nats", "postgres"}:
                await asyncio.sleep(0.05)
        assert await query(no_services.database_url, "SELECT answer FROM kept") == 1


async def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    no_services = NoServices()
    async with running_stack(options(tmp_path / ("long" * 25) / "a folder"), lambda event: None, no_services):
        assert await query(no_services.database_url, "SELECT 1") == 1


async def test_only_the_owner_can_read_the_passwords(tmp_path: Path) -> None:
    async with running_stack(options(tmp_path), lambda event: None, NoServices()):
        for file in ("nats/nats.conf", "nats/accounts.conf", "bus-logins.json"):
            assert (tmp_path / file).stat().st_mode & 0o077 == 0
        assert "password" not in (tmp_path / "stack.json").read_text()


async def test_a_second_start_on_the_same_data_folder_names_the_owner(tmp_path: Path) -> None:
    with stack_process(tmp_path) as (process, _):
        address = DataFolder(tmp_path).read_state().address
        with pytest.raises(DataInUse, match=rf"pid {process.pid}\b.*{address}.*--data") as refusal:
            async with running_stack(options(tmp_path), lambda event: None, NoServices()):
                pass
        assert str(tmp_path) in str(refusal.value)
        assert process.poll() is None


async def test_a_port_in_use_names_the_listening_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = UpOptions(data=tmp_path, address=Address(port=server.getsockname()[1]))
        with pytest.raises(PortInUse, match=rf"pid {os.getpid()}\b.*--port"):
            async with running_stack(taken, lambda event: None, NoServices()):
                pass
    assert DataFolder(tmp_path).read_state().processes == ()


async def test_other_machines_get_access_only_with_a_token(tmp_path: Path) -> None:
    everywhere = UpOptions(data=tmp_path, address=Address(host="0.0.0.0"))
    with pytest.raises(Exposed, match="ASSAY_TOKEN"):
        async with running_stack(everywhere, lambda event: None, NoServices()):
            pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_stack_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with stack_process(tmp_path) as (process, below):
        process.send_signal(number)
        output, _ = process.communicate(timeout=90)
        assert process.returncode == 0
        stopped = [json.loads(line)["service"] for line in output.splitlines() if '"stopped"' in line]
        assert stopped == ["nats", "postgres", "stack"]
        assert not alive(below)
    assert DataFolder(tmp_path).read_state().supervisor is None


def test_a_killed_supervisor_leaves_no_process_and_the_stack_can_start_again(tmp_path: Path) -> None:
    with stack_process(tmp_path) as (process, below):
        process.kill()
        process.wait()
        deadline = time.monotonic() + 60
        while alive(below) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(below)
    with stack_process(tmp_path):
        pass


def test_stale_processes_are_stopped_but_not_a_new_process_with_the_same_pid() -> None:
    program = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(program) as leftover, subprocess.Popen(program) as stranger:
        try:
            recorded, other = identify("runner", leftover.pid), identify("judge", stranger.pid)
            assert recorded
            assert other
            older = type(other)(name="judge", pid=other.pid, started=other.started - 1000)
            events: list[StackEvent] = []
            stop_stale_processes(StackState(processes=(recorded, older)), events.append)
            assert leftover.poll() is not None
            assert stranger.poll() is None
            assert [event.service for event in events] == ["runner"]
        finally:
            leftover.kill()
            stranger.kill()


def test_the_format_of_stack_json_stays_the_same(tmp_path: Path) -> None:
    text = '{"address":"http://127.0.0.1:8700","children":[{"name":"nats","pid":7,"started":1.5}]}'
    (tmp_path / "stack.json").write_text(text)
    state = DataFolder(tmp_path).read_state()
    assert (state.address, [process.pid for process in state.processes]) == ("http://127.0.0.1:8700", [7])
    DataFolder(tmp_path).write_state(state)
    assert json.loads((tmp_path / "stack.json").read_text())["children"] == json.loads(text)["children"]


async def test_parent_folders_become_traversable_but_not_readable(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for _ in range(2):
        async with running_stack(options(private / "data"), lambda event: None, NoServices()):
            assert private.stat().st_mode & 0o077 == (0o011 if os.geteuid() == 0 else 0)
        private.chmod(0o700)
