"""A sandbox that takes more than one processor makes way. That its neighbours gain by it is measured by
``python -m bench neighbours``, and held to by ``make faults``."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.docker import DockerProvider
from assay.sandbox.fairness import CpuGroup, cpu_group, peer, watch
from assay.sandbox.groups import writable_groups
from tests.sandbox.conftest import until


class Account(CpuGroup):
    """A control group whose processes use so many processors."""

    def use(self, processors: float, wanted: int = 1) -> None:
        """From now on."""
        vars(self)["spent"] = (self.used_seconds(), time.monotonic(), processors)
        vars(self)["want"] = wanted

    def wanted(self) -> int:
        return vars(self).get("want", 0)

    def used_seconds(self) -> float:
        used, since, processors = vars(self).get("spent", (0.0, time.monotonic(), 0.0))
        return used + processors * (time.monotonic() - since)

    async def comes_to(self, share: str, processors: float, wanted: int = 1) -> bool:
        """Whether it has this share at last if it goes on to use so many."""
        self.use(processors, wanted)
        return await until(lambda: self.shares.is_file() and self.shares.read_text() == share)

    async def stays_at(self, share: str, processors: float) -> bool:
        """Whether it keeps this share for some looks."""
        self.use(processors)
        await asyncio.sleep(0.3)
        return self.shares.read_text() == share


@pytest.mark.parametrize(("version", "usual", "less"), [(1, "1024", "192"), (2, "100", "19")])
async def test_the_share_follows_the_use(tmp_path: Path, version: int, usual: str, less: str) -> None:
    account = Account(shares=tmp_path / "shares", usage=tmp_path, tasks=tmp_path, version=version)
    watching = asyncio.create_task(watch(account, look_seconds=0.02, calm_looks=5))
    assert await account.comes_to(usual, 0.3) and await account.stays_at(usual, 0.3)
    assert await account.comes_to(less, 2.0)
    assert await account.stays_at(less, 0.4), "what it may get while it makes way"
    assert await account.comes_to(usual, 0.02)
    assert await account.comes_to(less, 0.3, wanted=16), "what a bomb gets of a busy machine"
    watching.cancel()


async def test_what_the_kernel_says_is_read_and_the_end_of_a_group_is_no_error(tmp_path: Path) -> None:
    for version, text in ((1, "1500000000\n"), (2, "usage_usec 1500000\nuser_usec 7\n")):
        shares, usage, tasks = (tmp_path / name for name in ("shares", "usage", "tasks"))
        group = CpuGroup(shares=shares, usage=usage, tasks=tasks, version=version)
        group.usage.write_text(text)
        group.tasks.write_text(f"{os.getpid()}\n999999999\n")
        assert group.used_seconds() == 1.5 and group.wanted() == 1, "we run, and the other is gone"
        watching = asyncio.create_task(watch(group, look_seconds=0.01))
        await asyncio.sleep(0.03)
        group.usage.unlink()
        await asyncio.wait_for(watching, 60)


def test_our_own_group_is_never_changed() -> None:
    assert cpu_group(os.getpid()) is None
    assert cpu_group(1 << 22) is None, "nobody's"


def test_the_other_end_of_a_socket_is_known() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer(ours) == os.getpid()


async def test_each_sandbox_has_a_group_of_its_own_for_processors() -> None:
    """Where groups can be made; it goes with the sandbox."""
    async with BubblewrapProvider().open(SandboxSpec()) as sandbox:
        await sandbox.run(Command(argv=["true"]))
        holder = sandbox._holder  # pyright: ignore
        group = cpu_group(holder.process_1) if holder.process_1 else None  # pyright: ignore
        assert (group is not None) == (writable_groups() is not None)
        used = group.used_seconds() if group else 0.0
        await sandbox.run(Command(argv=["python3", "-c", "sum(range(3_000_000))"]))
        assert group is None or group.used_seconds() > used
    assert group is None or not group.shares.exists()


@pytest.mark.docker
async def test_a_containers_group_is_found_by_its_process_1() -> None:
    async with DockerProvider().open(SandboxSpec()) as sandbox:
        group = cpu_group(peer(sandbox._socket))  # pyright: ignore
        assert group is not None and group.shares.read_text().strip() in ("1024", "100")
