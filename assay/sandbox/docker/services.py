"""The services beside one sandbox: started together, waited for until each is ready, gone with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from assay.contracts.sandboxspec import Health, Service
from assay.sandbox.docker.container import Container
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.sidecar import sidecar
from assay.sandbox.errors import SandboxError, ServiceNotReady
from assay.sandbox.protocol import Command
from assay.sandbox.room import Room

_PORTS_SECONDS = 30.0
_LOOK_SECONDS, _POLL_SECONDS = 2.0, 0.05
_LISTENED_AT = """
import socket, sys, time
for port in map(int, sys.argv[1:]):
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.05)"""
_LOG_CHARACTERS = 1500


@asynccontextmanager
async def beside(
    services: Sequence[Service], daemon: Daemon, room: Room, network_of: str, hosts: Path
) -> AsyncGenerator[None]:
    """All of them ready. ``network_of`` is the room's container. Raises ServiceNotReady for one that does not become
    it."""
    sidecars = [_Sidecar(service, daemon) for service in services]
    starting = [asyncio.create_task(one.start(room, network_of, hosts)) for one in sidecars]
    try:
        await asyncio.gather(*starting)
        yield
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(one.container.remove() for one in sidecars))


class _Sidecar:
    def __init__(self, service: Service, daemon: Daemon) -> None:
        self._service, self._daemon = service, daemon
        self.container = Container(daemon)

    async def start(self, room: Room, network_of: str, hosts: Path) -> None:
        await self.container.start(
            lambda daemon: sidecar(daemon.client, self._service, network_of, hosts), hosts.parents[1]
        )
        if self._service.health:
            await self._healthy(self._service.health)
        if self._service.ports:
            await self._listening(room)

    async def _healthy(self, health: Health) -> None:
        found = ""
        for _ in range(health.retries):
            try:
                async with asyncio.timeout(health.timeout_seconds):
                    code = await self._exit_code(health.command)
            except TimeoutError:
                found = f"its health command did not end within {health.timeout_seconds:g} s"
            except SandboxError:
                await self._check_running()
                raise
            else:
                if code == 0:
                    return
                found = f"its health command ends with exit code {code}"
            await self._check_running()
            await asyncio.sleep(health.interval_seconds)
        raise await self._failure(f"{health.retries} tries and not healthy: {found}")

    async def _exit_code(self, command: Sequence[str]) -> int:
        begun = await self._daemon.ask(self._daemon.begin, self.container.id, command)
        while True:
            code = await self._daemon.ask(self._daemon.exit_code, begun)
            if code is not None:
                return code
            await asyncio.sleep(_POLL_SECONDS)

    async def _listening(self, room: Room) -> None:
        """Asked from where it will be used."""
        ports = [str(port) for port in self._service.ports]
        look = Command(argv=["python3", "-I", "-S", "-c", _LISTENED_AT, *ports], timeout_seconds=_LOOK_SECONDS)
        deadline = time.monotonic() + _PORTS_SECONDS
        while (await room.run(look)).exit_code:
            await self._check_running()
            if time.monotonic() > deadline:
                raise await self._failure(f"nobody listens at {', '.join(ports)} after {_PORTS_SECONDS:.0f} s")

    async def _check_running(self) -> None:
        if not await self._daemon.ask(self._daemon.is_running, self.container.id):
            raise await self._failure("it ended")

    async def _failure(self, what: str) -> ServiceNotReady:
        log = (await self.container.said())[-_LOG_CHARACTERS:]
        return ServiceNotReady(f"the service {self._service.name} is not ready: {what}; the end of its log:\n{log}")
