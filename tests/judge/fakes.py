"""Sandbox providers and stores that fail or end early."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from msgspec import structs

from assay.artifacts import ArtifactStore, StoreUnreachable
from assay.contracts.artifacts import ArtifactRef
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
    """Real sandboxes with less wall time than the task grants."""

    name = "short"

    def __init__(self, wall_seconds: float) -> None:
        self._wall_seconds = wall_seconds
        self._real: SandboxProvider = open_sandbox_provider()

    def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AbstractAsyncContextManager[Sandbox]:
        return self._real.open(structs.replace(spec, wall_seconds=self._wall_seconds), mounts=mounts)

    async def check(self) -> Availability:
        return await self._real.check()


@dataclass
class CountingStore:
    """A store that counts reads and can become unreachable."""

    store: ArtifactStore
    gets: int = 0
    unreachable: bool = False

    async def get(self, ref: ArtifactRef) -> bytes:
        self.gets += 1
        if self.unreachable:
            raise StoreUnreachable("no answer")
        return await self.store.get(ref)

    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        if self.unreachable:
            raise StoreUnreachable("no answer")
        return await self.store.put(data, media_type, truncated=truncated)
