"""Sandbox providers that only count."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox
from assay.sandbox.selection import AutoProvider


class CountingProvider:
    """A provider that is or is not available, and counts calls."""

    def __init__(self, name: str, *, available: bool = True) -> None:
        self.name, self.available = name, available
        self.checks = self.opened = 0

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        self.opened += 1
        yield cast("Sandbox", None)

    async def check(self) -> Availability:
        self.checks += 1
        return Availability(provider=self.name, available=self.available, reason="" if self.available else "gone")


def auto_provider(*providers: CountingProvider, allowed: str = "bubblewrap,docker") -> AutoProvider:
    return AutoProvider(allowed.split(","), {provider.name: provider for provider in providers})
