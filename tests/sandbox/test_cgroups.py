"""Bubblewrap's limits by cgroups, if this machine allows us to create some, and without."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Limit
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.cgroups import CgroupParents, writable_cgroups
from assay.sandbox.limits import memory_limit_bytes
from tests.sandbox.harness import open_descriptors, run_python, socket_memory_bomb


def own_cgroups() -> set[Path]:
    """Cgroups of this process; those of concurrent tests come and go."""
    groups = writable_cgroups()
    parents = {groups.memory, groups.tasks} if groups else ()
    return {path for parent in parents for path in parent.glob(f"assay-{os.getpid()}-*")}


def test_the_memory_limit_includes_file_systems_and_overhead() -> None:
    assert memory_limit_bytes(SandboxSpec(memory_mb=512, workspace_mb=64)) == (512 + 3 * 64 + 192) << 20
    assert memory_limit_bytes(SandboxSpec(memory_mb=512, workspace_mb=1000)) == (512 + 2 * 1000 + 64 + 192) << 20


async def test_check_says_what_enforces_the_memory_limit() -> None:
    with_groups, without = BubblewrapProvider(), BubblewrapProvider(control_groups=False)
    assert ("control group" in (await with_groups.check()).limits["memory"]) is (writable_cgroups() is not None)
    assert "RLIMIT_DATA" in (await without.check()).limits["memory"]


async def test_memory_that_init_does_not_see_is_limited_by_the_cgroup() -> None:
    """Without cgroups the same code survives, which is what ``check`` reports."""
    before = own_cgroups()
    spec = SandboxSpec(memory_mb=64, workspace_mb=8, open_files=1024, processes=64, wall_seconds=90)
    seconds = 60 if writable_cgroups() else 3
    async with BubblewrapProvider().open(spec) as sandbox:
        result = await run_python(sandbox, socket_memory_bomb(seconds))
        assert result.killed_by is (Limit.MEMORY if writable_cgroups() else None), result
    assert own_cgroups() == before


async def test_a_cancelled_start_leaves_nothing_behind() -> None:
    """At every stage: the cgroup is joined while init starts."""

    async def add_process() -> None:
        async with BubblewrapProvider().open(SandboxSpec()):
            await asyncio.sleep(60)

    async with BubblewrapProvider().open(SandboxSpec()):
        """Creates what is created once."""
    before, descriptors = own_cgroups(), open_descriptors()
    for milliseconds in range(1, 60, 4):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(add_process(), milliseconds / 1000)
    assert own_cgroups() <= before and open_descriptors() <= descriptors


def test_cgroups_of_a_dead_worker_are_removed(tmp_path: Path) -> None:
    (tmp_path / "assay-999999999-0").mkdir()
    (tmp_path / "assay-1-0").mkdir()
    (tmp_path / "other").mkdir()
    CgroupParents(memory=tmp_path, tasks=tmp_path, version=2).sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"assay-1-0", "other"}


def test_a_version_2_cgroup_is_one_folder(tmp_path: Path) -> None:
    group = CgroupParents(memory=tmp_path, tasks=tmp_path, version=2).make(SandboxSpec())
    folder = next(tmp_path.iterdir())
    group.add_process(4711)
    assert (folder / "memory.max").read_text() == str(memory_limit_bytes(SandboxSpec()))
    assert (folder / "pids.max").read_text() == "88" and (folder / "cgroup.procs").read_text() == "4711"
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 3\n")
    assert group.oom_kills() == 3


@pytest.mark.parametrize("groups", [True, False])
async def test_code_runs_with_and_without_cgroups(groups: bool) -> None:
    async with BubblewrapProvider(control_groups=groups).open(SandboxSpec()) as sandbox:
        assert (await run_python(sandbox, "print(1)")).stdout == b"1\n"
