"""Runs the whole embedded stack as an async context: ready inside, stopped afterwards."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from assay.embedded.data_folder import DataFolder, DataLock, StackState
from assay.embedded.environment import catalog_folder, with_dotenv
from assay.embedded.errors import Exposed, PartMissing, PortInUse
from assay.embedded.events import EventKind, Report, StackEvent
from assay.embedded.managed_process import ProcessSpec
from assay.embedded.nats_server import NatsServer
from assay.embedded.postgres import Postgres
from assay.embedded.process_identity import ProcessIdentity, free_port, own_identity, port_is_free, port_owner
from assay.embedded.services import Address, ServiceSpecs, UpOptions
from assay.embedded.stale_processes import stop_stale_processes
from assay.embedded.supervisor import Supervisor

LOOPBACK = ("127.0.0.1", "localhost", "::1")


SelectSpecs = Callable[[ServiceSpecs, UpOptions], Sequence[ProcessSpec]]


@asynccontextmanager
async def running_stack(
    options: UpOptions, report: Report, select_specs: SelectSpecs = lambda services, options: services.specs(options)
) -> AsyncGenerator[str]:
    """Yields the stack's address once it is ready. On exit, every process is drained and stopped, or killed if that is
    cancelled. Raises StackError when the stack cannot start; no process is left running. ``select_specs`` decides what
    runs besides NATS and PostgreSQL."""
    environ = with_dotenv()
    _check_address(options.address, environ.get("ASSAY_TOKEN", ""))
    folder = DataFolder(options.data)
    folder.make()
    with DataLock(folder, shlex.join(["assay", *sys.argv[1:]])):
        earlier = folder.read_state()
        await asyncio.to_thread(stop_stale_processes, earlier, report)
        _check_port(options.address)
        ports = {"gateway": options.address.port, "nats": free_port(preferred=earlier.ports.get("nats", 0))}
        nats, postgres = NatsServer(folder, ports["nats"]), Postgres(folder)
        if not catalog_folder(environ).is_dir():
            raise PartMissing(f"no catalogue at {catalog_folder(environ)}; set ASSAY_CATALOG to the catalogue's folder")
        services = select_specs(ServiceSpecs(folder, nats, postgres.url, environ), options)
        async with _supervised([nats.spec(), postgres.spec(), *services], folder, ports, options.address, report):
            yield options.address.url


@asynccontextmanager
async def _supervised(
    specs: Sequence[ProcessSpec], folder: DataFolder, ports: dict[str, int], address: Address, report: Report
) -> AsyncGenerator[None]:
    """Runs the processes and keeps ``stack.json`` up to date."""
    began = time.monotonic()
    stack = _StateRecorder(folder, ports)
    supervisor = Supervisor(specs, report, stack.set_processes)
    try:
        await supervisor.start()
        stack.set_address(address.url)
        seconds = time.monotonic() - began
        report(StackEvent(service="stack", event=EventKind.SERVING, address=address.url, seconds=seconds))
        yield
    finally:
        report(StackEvent(service="stack", event=EventKind.STOPPING, text="press Ctrl-C again to kill it"))
        try:
            await supervisor.stop()
        finally:
            stack.stopped()
        report(StackEvent(service="stack", event=EventKind.STOPPED))


class _StateRecorder:
    """Writes the running processes to ``stack.json``, so other commands find the stack and the next start can stop
    stale processes."""

    def __init__(self, folder: DataFolder, ports: dict[str, int]) -> None:
        self._folder = folder
        self._ports = ports
        self._address = ""
        self._started_at = datetime.now(UTC)
        self._running: tuple[ProcessIdentity, ...] = ()

    def set_processes(self, running: tuple[ProcessIdentity, ...]) -> None:
        self._running = running
        self._write()

    def set_address(self, address: str) -> None:
        self._address = address
        self._write()

    def stopped(self) -> None:
        self._folder.write_state(StackState(ports=self._ports))

    def _write(self) -> None:
        self._folder.write_state(
            StackState(
                address=self._address,
                started_at=self._started_at,
                supervisor=own_identity("assay up"),
                command=shlex.join(["assay", *sys.argv[1:]]),
                ports=self._ports,
                processes=self._running,
            )
        )


def _check_address(address: Address, token: str) -> None:
    if address.host not in LOOPBACK and not token:
        raise Exposed(
            f"--host {address.host} is reachable from other machines, but no token is configured; "
            f"set ASSAY_TOKEN (in the environment or .env) to a long random text, or omit --host"
        )


def _check_port(address: Address) -> None:
    if not port_is_free(address.host, address.port):
        raise PortInUse(
            f"port {address.port} on {address.host} is in use by {port_owner(address.port)}; "
            f"stop that process, or choose another port with --port"
        )
