"""A sandbox that uses more than one CPU gets a lower share. The benefit for its neighbours is measured by ``python
-m bench neighbours`` and asserted by ``make faults``."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import psutil
import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, Sandbox
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.cgroups import writable_cgroups
from assay.sandbox.cpu_shares import CpuCgroup, adjust_shares, cpu_cgroup, peer_pid
from assay.sandbox.docker import DockerProvider
from assay.sandbox.time_slices import SLICE_NS, time_slice_ns
from tests.sandbox.harness import wait_until


class FakeCpuCgroup(CpuCgroup):
    """A cgroup with a given CPU usage."""

    def use(self, cpu: float, runnable_tasks: int = 1) -> None:
        """Sets the CPU usage from now on."""
        vars(self)["spent"] = (self.cpu_seconds(), time.monotonic(), cpu)
        vars(self)["want"] = runnable_tasks

    def runnable_tasks(self) -> int:
        return vars(self).get("want", 0)

    def cpu_seconds(self) -> float:
        used, since, cpu = vars(self).get("spent", (0.0, time.monotonic(), 0.0))
        return used + cpu * (time.monotonic() - since)

    async def comes_to(self, share: str, cpu: float, runnable_tasks: int = 1) -> bool:
        """Whether it eventually gets this share at that usage."""
        self.use(cpu, runnable_tasks)
        return await wait_until(lambda: self.shares.is_file() and self.shares.read_text() == share)

    async def stays_at(self, share: str, cpu: float) -> bool:
        """Whether it keeps this share over several samples."""
        self.use(cpu)
        await asyncio.sleep(0.3)
        return self.shares.read_text() == share


@pytest.mark.parametrize(("version", "usual", "less"), [(1, "1024", "192"), (2, "100", "19")])
async def test_the_share_follows_cpu_usage(tmp_path: Path, version: int, usual: str, less: str) -> None:
    account = FakeCpuCgroup(shares=tmp_path / "shares", usage=tmp_path, tasks=tmp_path, version=version)
    watching = asyncio.create_task(adjust_shares(account, sample_seconds=0.02, quiet_samples=5))
    assert await account.comes_to(usual, 0.3) and await account.stays_at(usual, 0.3)
    assert await account.comes_to(less, 2.0)
    assert await account.stays_at(less, 0.4), "what a lowered share allows"
    assert await account.comes_to(usual, 0.02)
    assert await account.comes_to(less, 0.3, runnable_tasks=16), "what a bomb gets on a busy machine"
    watching.cancel()


async def test_kernel_files_are_parsed_and_a_removed_cgroup_ends_the_task(tmp_path: Path) -> None:
    for version, text in ((1, "1500000000\n"), (2, "usage_usec 1500000\nuser_usec 7\n")):
        shares, usage, tasks = (tmp_path / name for name in ("shares", "usage", "tasks"))
        group = CpuCgroup(shares=shares, usage=usage, tasks=tasks, version=version)
        group.usage.write_text(text)
        group.tasks.write_text(f"{os.getpid()}\n999999999\n")
        assert group.cpu_seconds() == 1.5 and group.runnable_tasks() == 1, "this process runs, the other does not exist"
        watching = asyncio.create_task(adjust_shares(group, sample_seconds=0.01))
        await asyncio.sleep(0.03)
        group.usage.unlink()
        await asyncio.wait_for(watching, 60)


def test_the_workers_own_cgroup_is_never_changed() -> None:
    assert cpu_cgroup(os.getpid()) is None
    assert cpu_cgroup(1 << 22) is None, "no such process"


def test_peer_pid_is_the_process_at_the_other_end() -> None:
    own_end, other_end = socket.socketpair()
    with own_end, other_end:
        assert peer_pid(own_end) == os.getpid()


async def test_each_sandbox_has_its_own_cpu_cgroup() -> None:
    """If cgroups can be created; it is removed with the sandbox."""
    async with BubblewrapProvider().open(SandboxSpec()) as sandbox:
        await sandbox.run(Command(argv=["true"]))
        launcher = sandbox._launcher  # pyright: ignore
        group = cpu_cgroup(launcher.init_pid) if launcher.init_pid else None  # pyright: ignore
        assert (group is not None) == (writable_cgroups() is not None)
        used = group.cpu_seconds() if group else 0.0
        await sandbox.run(Command(argv=["python3", "-c", "sum(range(3_000_000))"]))
        assert group is None or group.cpu_seconds() > used
    assert group is None or not group.shares.exists()


@pytest.mark.docker
async def test_a_containers_cgroup_is_found_through_init() -> None:
    async with DockerProvider().open(SandboxSpec()) as sandbox:
        group = cpu_cgroup(peer_pid(sandbox._socket))  # pyright: ignore
        assert group is not None and group.shares.read_text().strip() in ("1024", "100")


async def test_programs_under_bubblewrap_have_short_time_slices() -> None:
    async with BubblewrapProvider().open(SandboxSpec()) as sandbox:
        await assert_short_time_slices(sandbox, sandbox._launcher.init_pid)  # pyright: ignore


@pytest.mark.docker
async def test_programs_in_containers_have_short_time_slices() -> None:
    async with DockerProvider().open(SandboxSpec()) as sandbox:
        await assert_short_time_slices(sandbox, peer_pid(sandbox._socket))  # pyright: ignore


async def assert_short_time_slices(sandbox: Sandbox, init_pid: int) -> None:
    if not time_slice_ns(os.getpid()):
        pytest.skip("this kernel has no time slices per process; Linux 6.12 introduced them")
    program = await sandbox.start(Command(argv=["sleep", "30"]))
    assert await wait_until(lambda: bool(psutil.Process(init_pid).children()))
    assert time_slice_ns(psutil.Process(init_pid).children()[0].pid) == SLICE_NS
    await program.kill()
