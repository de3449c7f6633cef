"""A host that is nearly full is given no more work until it has room again."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from assay.worker.host_resources import HostResources, Reserve, written_folders
from tests.worker.fakes import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, running_worker, wait_until


def system(folder: Path, *, available_mb: int, limit: str = "max", used_mb: int = 0) -> Path:
    (folder / "proc").mkdir()
    (folder / "sys/fs/cgroup").mkdir(parents=True)
    (folder / "proc/meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable: {available_mb * 1024} kB\n")
    (folder / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
    (folder / "sys/fs/cgroup/memory.current").write_text(f"{used_mb * 1024 * 1024}\n")
    return folder


@pytest.mark.parametrize(
    ("given", "short"),
    [
        ({"available_mb": 300}, ""),
        ({"available_mb": 200}, "200 MiB of memory are left"),
        ({"available_mb": 9000, "limit": str(500 * 2**20), "used_mb": 400}, "100 MiB of memory are left"),
    ],
)
def test_memory_is_that_of_the_host_and_of_the_group(tmp_path: Path, given: dict[str, object], short: str) -> None:
    room = HostResources(Reserve(disk_mb=0), (), system(tmp_path, **given))  # pyright: ignore[reportArgumentType]
    assert (short in room.shortage()) if short else not room.shortage()


def test_a_disk_that_is_full_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    assert not HostResources(Reserve(memory_mb=0, disk_mb=0), (folder,)).shortage()
    assert str(folder) in HostResources(Reserve(memory_mb=0, disk_mb=10**9), (folder,)).shortage()


def test_this_host_tells_what_it_has() -> None:
    assert "memory are left" in HostResources(Reserve(memory_mb=10**9, disk_mb=0), ()).shortage()


def test_only_folders_of_this_machine_count() -> None:
    assert Path("/data/artifacts") in written_folders("file:///data/artifacts")
    assert Path("data") in written_folders("data")
    assert len(written_folders("s3://bucket/artifacts")) == 1


async def test_a_worker_on_a_full_host_offers_no_slots_and_goes_on_later(ledger: FakeLedger) -> None:
    short = ["the disk is full"]
    desk = FakeWork(seconds=0.01)
    options = dataclasses.replace(OPTIONS, recheck_seconds=0.05)
    async with running_worker(ledger.bus, desk.work, options, shortage=lambda: short[0] if short else ""):
        await ledger.order(1)
        await wait_until(lambda: ledger.beats and ledger.beats[-1].slots == 0)
        await asyncio.sleep(0.3)
        assert not desk.started and ledger.beats[-1].slots == 0
        short.clear()
        await wait_until(lambda: desk.started and ledger.beats[-1].slots)
