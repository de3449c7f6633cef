"""The service containers of one sandbox: started together, awaited until ready, removed with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from assay.contracts.sandboxspec import Health, Service
from assay.sandbox.docker.container import Container
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.service_config import service_config
from assay.sandbox.errors import SandboxError, ServiceNotReady
from assay.sandbox.protocol import Command
from assay.sandbox.session import SandboxSession

_PORTS_SECONDS = 30.0
_PROBE_SECONDS, _POLL_SECONDS = 2.0, 0.05
_PORT_PROBE = """
import socket, sys, time
for port in map(int, sys.argv[1:]):
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.05)"""
_LOG_CHARACTERS = 1500


@asynccontextmanager
async def run_services(
    services: Sequence[Service], daemon: Daemon, session: SandboxSession, network_of: str, hosts: Path
) -> AsyncGenerator[None]:
    """All services are ready inside the context. ``network_of`` is the container of the session. Raises
    ServiceNotReady."""
    sidecars = [_Sidecar(service, daemon) for service in services]
    starting = [asyncio.create_task(each.start(session, network_of, hosts)) for each in sidecars]
    try:
        await asyncio.gather(*starting)
        yield
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(each.container.remove() for each in sidecars))


class _Sidecar:
    def __init__(self, service: Service, daemon: Daemon) -> None:
        self._service, self._daemon = service, daemon
        self.container = Container(daemon)

    async def start(self, session: SandboxSession, network_of: str, hosts: Path) -> None:
        await self.container.start(
            lambda daemon: service_config(daemon.client, self._service, network_of, hosts), hosts.parents[1]
        )
        if self._service.health:
            await self._wait_healthy(self._service.health)
        if self._service.ports:
            await self._wait_listening(session)

    async def _wait_healthy(self, health: Health) -> None:
        problem = ""
        for _ in range(health.retries):
            try:
                async with asyncio.timeout(health.timeout_seconds):
                    code = await self._exit_code(health.command)
            except TimeoutError:
                problem = f"its health command did not end within {health.timeout_seconds:g} s"
            except SandboxError:
                await self._check_running()
                raise
            else:
                if code == 0:
                    return
                problem = f"its health command exits with code {code}"
            await self._check_running()
            await asyncio.sleep(health.interval_seconds)
        raise await self._failure(f"not healthy after {health.retries} checks: {problem}")

    async def _exit_code(self, command: Sequence[str]) -> int:
        exec_id = await self._daemon.call(self._daemon.start_exec, self.container.id, command)
        while True:
            code = await self._daemon.call(self._daemon.exit_code, exec_id)
            if code is not None:
                return code
            await asyncio.sleep(_POLL_SECONDS)

    async def _wait_listening(self, session: SandboxSession) -> None:
        """Probes the ports from inside the sandbox, where they will be used."""
        ports = [str(port) for port in self._service.ports]
        probe = Command(argv=["python3", "-I", "-S", "-c", _PORT_PROBE, *ports], timeout_seconds=_PROBE_SECONDS)
        deadline = time.monotonic() + _PORTS_SECONDS
        while (await session.run(probe)).exit_code:
            await self._check_running()
            if time.monotonic() > deadline:
                raise await self._failure(f"nothing listens on {', '.join(ports)} after {_PORTS_SECONDS:.0f} s")

    async def _check_running(self) -> None:
        if not await self._daemon.call(self._daemon.is_running, self.container.id):
            raise await self._failure("it exited")

    async def _failure(self, problem: str) -> ServiceNotReady:
        log = (await self.container.logs())[-_LOG_CHARACTERS:]
        return ServiceNotReady(f"the service {self._service.name} is not ready: {problem}; the end of its log:\n{log}")
