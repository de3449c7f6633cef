"""Sandboxes that get only a share of a CPU, as on a host that is busy with much else."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox, open_sandbox_provider
from assay.sandbox.cgroups import CgroupParents, writable_cgroups


class ThrottledProvider:
    """The kernel gives the control group of each sandbox ``share`` of a CPU. Its programs stay runnable meanwhile."""

    name = "throttled"

    def __init__(self, share: float = 0.15) -> None:
        parents = writable_cgroups()
        if parents is None:
            pytest.skip("needs control groups")
        self._parents, self._share = parents, share
        self._real = open_sandbox_provider("bubblewrap")

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        before = _cpu_cgroups(self._parents)
        async with self._real.open(spec, mounts=mounts) as sandbox:
            for folder in _cpu_cgroups(self._parents) - before:
                self._throttle(folder)
            yield sandbox

    async def check(self) -> Availability:
        return await self._real.check()

    def _throttle(self, folder: Path) -> None:
        quota = str(int(self._share * 100_000))
        if self._parents.version == 2:
            (folder / "cpu.max").write_text(f"{quota} 100000")
        else:
            (folder / "cpu.cfs_quota_us").write_text(quota)


def _cpu_cgroups(parents: CgroupParents) -> set[Path]:
    """Those of this process's sandboxes."""
    roots = [parents.memory] if parents.version == 2 else parents.cpu
    marker = "cpu.max" if parents.version == 2 else "cpu.cfs_quota_us"
    return {folder for root in roots for folder in root.glob(f"assay-{os.getpid()}-*") if (folder / marker).exists()}
