"""Waiting for the services of a sandbox, whichever provider runs their containers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from assay.contracts.sandboxspec import Health, Service
from assay.sandbox.errors import SandboxError, ServiceNotReady
from assay.sandbox.protocol import Command, Sandbox

_PORTS_SECONDS = 30.0
_PROBE_SECONDS = 2.0
_PORT_PROBE = """
import socket, sys, time
for port in map(int, sys.argv[1:]):
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.05)"""
_LOG_CHARACTERS = 1500


class ServiceContainer(Protocol):
    async def run(self, command: Sequence[str]) -> int:
        """Runs a program in it and returns its exit code. Raises SandboxError."""
        ...

    async def is_running(self) -> bool: ...

    async def logs(self) -> str:
        """The end of its log."""
        ...


async def wait_ready(service: Service, container: ServiceContainer, sandbox: Sandbox) -> None:
    """Returns when it is healthy and listens on its ports. Raises ServiceNotReady."""
    waiting = _Waiting(service, container)
    if service.health:
        await waiting.wait_healthy(service.health)
    if service.ports:
        await waiting.wait_listening(sandbox)


class _Waiting:
    def __init__(self, service: Service, container: ServiceContainer) -> None:
        self._service, self._container = service, container

    async def wait_healthy(self, health: Health) -> None:
        problem = ""
        for _ in range(health.retries):
            try:
                async with asyncio.timeout(health.timeout_seconds):
                    code = await self._container.run(health.command)
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

    async def wait_listening(self, sandbox: Sandbox) -> None:
        """Probes the ports from inside the sandbox, where they will be used."""
        ports = [str(port) for port in self._service.ports]
        probe = Command(argv=["python3", "-I", "-S", "-c", _PORT_PROBE, *ports], timeout_seconds=_PROBE_SECONDS)
        deadline = time.monotonic() + _PORTS_SECONDS
        while (await sandbox.run(probe)).exit_code:
            await self._check_running()
            if time.monotonic() > deadline:
                raise await self._failure(f"nothing listens on {', '.join(ports)} after {_PORTS_SECONDS:.0f} s")

    async def _check_running(self) -> None:
        if not await self._container.is_running():
            raise await self._failure("it exited")

    async def _failure(self, problem: str) -> ServiceNotReady:
        log = (await self._container.logs())[-_LOG_CHARACTERS:]
        return ServiceNotReady(f"the service {self._service.name} is not ready: {problem}; the end of its log:\n{log}")
