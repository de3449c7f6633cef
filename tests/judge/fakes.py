"""Sandbox providers and stores that fail or end early."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from msgspec import structs

from assay.artifacts import ArtifactStore, StoreUnreachable
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox, SandboxProvider, SandboxRetryable, open_sandbox_provider
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.ports import TestExecutor


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


class PatientTestExecutor:
    """Gives each test run more wall time than its task grants: on a busy machine wall time measures only the load. CPU
    time, and the time of each call, stay limited."""

    __test__ = False

    def __init__(self, executor: TestExecutor, wall_factor: float = 4.0) -> None:
        self._executor, self._wall_factor = executor, wall_factor

    async def run(self, run: TestRun) -> TestRunLog:
        seconds = run.sandbox.wall_seconds * self._wall_factor
        return await self._executor.run(replace(run, sandbox=structs.replace(run.sandbox, wall_seconds=seconds)))


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
