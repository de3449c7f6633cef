"""Bubblewrap's limits by control groups, where this machine lets us make some, and without."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Limit
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.groups import Groups, memory_bytes, writable_groups
from tests.sandbox.conftest import open_descriptors, python

SOCKETS = """
import os, socket, time
for _ in range(10):
    if not os.fork():
        pairs = [socket.socketpair() for _ in range(450)]
        for end, _ in pairs:
            end.setblocking(False)
            try:
                while True: end.send(bytes(65536))
            except OSError: pass
        time.sleep(SECONDS)
        os._exit(0)
for _ in range(10):
    if os.waitstatus_to_exitcode(os.wait()[1]): break
"""
"""Memory that is nobody's resident memory, so that process 1 does not see it; until somebody is killed for it."""


def ours() -> set[Path]:
    """This process's groups; those of tests beside this one come and go."""
    groups = writable_groups()
    parents = {groups.memory, groups.tasks} if groups else ()
    return {path for parent in parents for path in parent.glob(f"assay-{os.getpid()}-*")}


def test_all_that_a_sandbox_may_hold_is_counted() -> None:
    assert memory_bytes(SandboxSpec(memory_mb=512, workspace_mb=64)) == (512 + 3 * 64 + 192) << 20
    assert memory_bytes(SandboxSpec(memory_mb=512, workspace_mb=1000)) == (512 + 2 * 1000 + 64 + 192) << 20


async def test_who_enforces_what_is_said() -> None:
    with_groups, without = BubblewrapProvider(), BubblewrapProvider(control_groups=False)
    assert ("control group" in (await with_groups.check()).limits["memory"]) is (writable_groups() is not None)
    assert "RLIMIT_DATA" in (await without.check()).limits["memory"]


async def test_memory_process_1_does_not_see_is_the_control_groups() -> None:
    """Where groups can be made; elsewhere the same code lives on, which is what ``check`` says."""
    before = ours()
    spec = SandboxSpec(memory_mb=64, workspace_mb=8, open_files=1024, processes=64, wall_seconds=90)
    seconds = 60 if writable_groups() else 3
    async with BubblewrapProvider().open(spec) as sandbox:
        result = await python(sandbox, f"SECONDS = {seconds}" + SOCKETS)
        assert result.killed_by is (Limit.MEMORY if writable_groups() else None), result
    assert ours() == before


async def test_a_start_that_is_given_up_leaves_nothing_behind() -> None:
    """However far it came: the group is joined while process 1 starts."""

    async def hold() -> None:
        async with BubblewrapProvider().open(SandboxSpec()):
            await asyncio.sleep(60)

    async with BubblewrapProvider().open(SandboxSpec()):
        """So that what is made once is there."""
    before, descriptors = ours(), open_descriptors()
    for milliseconds in range(1, 60, 4):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hold(), milliseconds / 1000)
    assert ours() <= before and open_descriptors() <= descriptors


def test_groups_of_a_worker_that_is_gone_are_removed(tmp_path: Path) -> None:
    (tmp_path / "assay-999999999-0").mkdir()
    (tmp_path / "assay-1-0").mkdir()
    (tmp_path / "other").mkdir()
    Groups(memory=tmp_path, tasks=tmp_path, version=2).sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"assay-1-0", "other"}


def test_a_group_of_version_2_is_one_folder(tmp_path: Path) -> None:
    group = Groups(memory=tmp_path, tasks=tmp_path, version=2).make(SandboxSpec())
    folder = next(tmp_path.iterdir())
    group.hold(4711)
    assert (folder / "memory.max").read_text() == str(memory_bytes(SandboxSpec()))
    assert (folder / "pids.max").read_text() == "88" and (folder / "cgroup.procs").read_text() == "4711"
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 3\n")
    assert group.memory_kills() == 3


@pytest.mark.parametrize("groups", [True, False])
async def test_both_ways_run_code(groups: bool) -> None:
    async with BubblewrapProvider(control_groups=groups).open(SandboxSpec()) as sandbox:
        assert (await python(sandbox, "print(1)")).stdout == b"1\n"
