"""Sandbox providers that go wrong, or end early."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox, SandboxProvider, SandboxRetryable, open_sandbox_provider


class BrokenProvider:
    name = "broken"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        raise SandboxRetryable("no processes left on this host")
        yield

    async def check(self) -> Availability:
        return Availability(provider=self.name, available=False)


class ShortProvider:
    """Real sandboxes with less time than the task grants."""

    name = "short"

    def __init__(self, wall_seconds: float) -> None:
        self._wall_seconds = wall_seconds
        self._real: SandboxProvider = open_sandbox_provider()

    def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AbstractAsyncContextManager[Sandbox]:
        return self._real.open(msgspec.structs.replace(spec, wall_seconds=self._wall_seconds), mounts=mounts)

    async def check(self) -> Availability:
        return await self._real.check()
