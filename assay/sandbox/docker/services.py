"""The service containers of one sandbox: started together, awaited until ready, removed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from assay.contracts.sandboxspec import Service
from assay.sandbox.docker.container import Container
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.service_config import service_config
from assay.sandbox.service_readiness import wait_ready
from assay.sandbox.session import SandboxSession

_POLL_SECONDS = 0.05


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
    """A ServiceContainer."""

    def __init__(self, service: Service, daemon: Daemon) -> None:
        self._service, self._daemon = service, daemon
        self.container = Container(daemon)

    async def start(self, session: SandboxSession, network_of: str, hosts: Path) -> None:
        await self.container.start(
            lambda daemon: service_config(daemon.client, self._service, network_of, hosts), hosts.parents[1]
        )
        await wait_ready(self._service, self, session)

    async def run(self, command: Sequence[str]) -> int:
        exec_id = await self._daemon.call(self._daemon.start_exec, self.container.id, command)
        while True:
            code = await self._daemon.call(self._daemon.exit_code, exec_id)
            if code is not None:
                return code
            await asyncio.sleep(_POLL_SECONDS)

    async def is_running(self) -> bool:
        return await self._daemon.call(self._daemon.is_running, self.container.id)

    async def logs(self) -> str:
        return await self.container.logs()
