"""The whole embedded stack as one context: ready inside, gone after."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from assay.embedded.data_folder import DataFolder, DataLock, Stack
from assay.embedded.environment import catalog_folder, with_dotenv
from assay.embedded.errors import Exposed, PartMissing, PortInUse
from assay.embedded.events import Report, StackEvent, What
from assay.embedded.managed_process import ChildSpec
from assay.embedded.nats_server import NatsServer
from assay.embedded.postgres import Postgres
from assay.embedded.process_identity import ProcessIdentity, free_port, myself, port_is_free, port_owner
from assay.embedded.services import Address, Services, UpOptions
from assay.embedded.stale_processes import end_leftovers
from assay.embedded.supervisor import Supervisor

LOOPBACK = ("127.0.0.1", "localhost", "::1")


Choose = Callable[[Services, UpOptions], Sequence[ChildSpec]]


@asynccontextmanager
async def running_stack(
    options: UpOptions, report: Report, choose: Choose = lambda services, options: services.children(options)
) -> AsyncGenerator[str]:
    """Gives the stack's address once it is ready. On the way out everything is drained and stopped; cancelled during
    that, everything is killed. Raises StackError, with nothing left behind, when it cannot start. ``choose`` says what
    runs besides NATS and PostgreSQL."""
    environ = with_dotenv()
    _check_address(options.address, environ.get("ASSAY_TOKEN", ""))
    folder = DataFolder(options.data)
    folder.make()
    with DataLock(folder, shlex.join(["assay", *sys.argv[1:]])):
        earlier = folder.read_stack()
        await asyncio.to_thread(end_leftovers, earlier, report)
        _check_port(options.address)
        ports = {"gateway": options.address.port, "nats": free_port(preferred=earlier.ports.get("nats", 0))}
        nats, postgres = NatsServer(folder, ports["nats"]), Postgres(folder)
        if not catalog_folder(environ).is_dir():
            raise PartMissing(f"no catalogue at {catalog_folder(environ)}: set ASSAY_CATALOG to its folder")
        services = choose(Services(folder, nats, postgres.url, environ), options)
        async with _supervised([nats.child(), postgres.child(), *services], folder, ports, options.address, report):
            yield options.address.url


@asynccontextmanager
async def _supervised(
    specs: Sequence[ChildSpec], folder: DataFolder, ports: dict[str, int], address: Address, report: Report
) -> AsyncGenerator[None]:
    """Runs the children and keeps ``stack.json`` true."""
    began = time.monotonic()
    stack = _Recorder(folder, ports)
    supervisor = Supervisor(specs, report, stack.children)
    try:
        await supervisor.start()
        stack.serving(address.url)
        seconds = time.monotonic() - began
        report(StackEvent(service="stack", event=What.SERVING, address=address.url, seconds=seconds))
        yield
    finally:
        report(StackEvent(service="stack", event=What.STOPPING, text="a second Ctrl-C ends it at once"))
        try:
            await supervisor.stop()
        finally:
            stack.stopped()
        report(StackEvent(service="stack", event=What.STOPPED))


class _Recorder:
    """Writes what is running to ``stack.json``, for other commands to find and for the next start to clean up."""

    def __init__(self, folder: DataFolder, ports: dict[str, int]) -> None:
        self._folder = folder
        self._ports = ports
        self._address = ""
        self._started_at = datetime.now(UTC)
        self._running: tuple[ProcessIdentity, ...] = ()

    def children(self, running: tuple[ProcessIdentity, ...]) -> None:
        self._running = running
        self._write()

    def serving(self, address: str) -> None:
        self._address = address
        self._write()

    def stopped(self) -> None:
        self._folder.write_stack(Stack(ports=self._ports))

    def _write(self) -> None:
        self._folder.write_stack(
            Stack(
                address=self._address,
                started_at=self._started_at,
                supervisor=myself("assay up"),
                command=shlex.join(["assay", *sys.argv[1:]]),
                ports=self._ports,
                children=self._running,
            )
        )


def _check_address(address: Address, token: str) -> None:
    if address.host not in LOOPBACK and not token:
        raise Exposed(
            f"--host {address.host} can be reached by others and no token is configured: "
            f"set ASSAY_TOKEN (in the environment or .env) to a long random text, or leave --host out"
        )


def _check_port(address: Address) -> None:
    if not port_is_free(address.host, address.port):
        raise PortInUse(
            f"port {address.port} on {address.host} is in use by {port_owner(address.port)}: "
            f"stop that, or choose another with --port"
        )
