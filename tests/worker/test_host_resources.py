"""A worker on a host that is short of resources takes no more work until they are available again."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from assay.worker.host_resources import HostResources, Reserve, written_folders
from tests.fakes.ledger.ledger import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, running_worker, wait_until


def fake_system(folder: Path, *, available_mib: int, limit: str = "max", used_mib: int = 0) -> Path:
    (folder / "proc").mkdir()
    (folder / "sys/fs/cgroup").mkdir(parents=True)
    (folder / "proc/meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable: {available_mib * 1024} kB\n")
    (folder / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
    (folder / "sys/fs/cgroup/memory.current").write_text(f"{used_mib * 1024 * 1024}\n")
    return folder


@pytest.mark.parametrize(
    ("given", "short"),
    [
        ({"available_mib": 300}, ""),
        ({"available_mib": 200}, "200 MiB of memory left"),
        ({"available_mib": 9000, "limit": str(500 * 2**20), "used_mib": 400}, "100 MiB of memory left"),
    ],
)
def test_memory_limits_of_host_and_control_group_both_count(
    tmp_path: Path, given: dict[str, object], short: str
) -> None:
    resources = HostResources(Reserve(disk_mb=0), (), fake_system(tmp_path, **given))  # pyright: ignore[reportArgumentType]
    assert (short in resources.shortage()) if short else not resources.shortage()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    assert not HostResources(Reserve(memory_mb=0, disk_mb=0), (folder,)).shortage()
    assert str(folder) in HostResources(Reserve(memory_mb=0, disk_mb=10**9), (folder,)).shortage()


def test_this_host_reports_its_memory() -> None:
    assert "memory left" in HostResources(Reserve(memory_mb=10**9, disk_mb=0), ()).shortage()


def test_only_local_folders_count() -> None:
    assert Path("/data/artifacts") in written_folders("file:///data/artifacts")
    assert Path("data") in written_folders("data")
    assert len(written_folders("s3://bucket/artifacts")) == 1


async def test_a_worker_on_a_full_host_offers_no_slots_until_it_has_resources(ledger: FakeLedger) -> None:
    short = ["the disk is full"]
    work = FakeWork(seconds=0.01)
    options = dataclasses.replace(OPTIONS, recheck_seconds=0.05)
    async with running_worker(ledger.bus, work.work, options, shortage=lambda: short[0] if short else ""):
        await ledger.work.order(1)
        await wait_until(lambda: ledger.work.heartbeats and ledger.work.heartbeats[-1].slots == 0)
        await asyncio.sleep(0.3)
        assert not work.started and ledger.work.heartbeats[-1].slots == 0
        short.clear()
        await wait_until(lambda: work.started and ledger.work.heartbeats[-1].slots)
