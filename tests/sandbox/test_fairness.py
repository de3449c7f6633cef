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


class Account:
    """A control group of files, whose processes use so many processors."""

    def __init__(self, folder: Path, version: int) -> None:
        self.group = CpuGroup(shares=folder / "shares", usage=folder / "usage", version=version)
        self._used = 0.0
        self.use(0.0)

    def use(self, seconds: float) -> None:
        self._used += seconds
        text = (
            str(int(self._used * 1e9))
            if self.group.version == 1
            else f"usage_usec {int(self._used * 1e6)}\nuser_usec 1"
        )
        self.group.usage.write_text(text)

    async def go_on(self, processors: float, seconds: float) -> str:
        """The share at the end."""
        until = last = time.monotonic()
        until += seconds
        while last < until:
            await asyncio.sleep(0.005)
            self.use(processors * (time.monotonic() - last))
            last = time.monotonic()
        return self.group.shares.read_text()


@pytest.mark.parametrize(("version", "usual", "less"), [(1, "1024", "192"), (2, "100", "19")])
async def test_the_share_follows_the_use(tmp_path: Path, version: int, usual: str, less: str) -> None:
    account = Account(tmp_path, version)
    watching = asyncio.create_task(watch(account.group, look_seconds=0.03, calm_looks=5))
    assert await account.go_on(0.3, 0.1) == usual
    assert await account.go_on(2.0, 0.15) == less
    assert await account.go_on(1.1, 0.3) == less, "what it would use if it made way"
    assert await account.go_on(0.2, 0.6) == usual
    assert not watching.done()
    account.group.usage.unlink()
    await asyncio.wait_for(watching, 2)


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
