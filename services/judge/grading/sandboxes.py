"""The sandboxes of the judge: a limited number at a time, shared fairly between runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox import Mounts, Sandbox, SandboxProvider
from assay.sandbox.selection import restrict_to_kind
from services.judge.grading.fair_semaphore import FairSemaphore


class GradingSandboxes:
    """Opens sandboxes for checks. Each check that runs programs takes one of ``slots`` while it does."""

    def __init__(self, provider: SandboxProvider, slots: int = 2) -> None:
        self._provider = provider
        self._slots = FairSemaphore(slots)

    def slot(self, run_id: str) -> AbstractAsyncContextManager[None]:
        return self._slots.slot(run_id)

    def provider(self, kind: str) -> SandboxProvider:
        """For the kind of sandbox that a run requests."""
        return restrict_to_kind(self._provider, kind)

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, mounts: Mounts, kind: str, run_id: str) -> AsyncGenerator[Sandbox]:
        async with self.slot(run_id), self.provider(kind).open(spec, mounts=mounts) as sandbox:
            yield sandbox
