"""What a host must have left before a worker takes more work, so that a full machine slows runs down instead of ending
them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, Field

_MIB = 1024 * 1024


class Reserve(BaseModel):
    """MiB that stay free: of memory, of the host or of the control group the worker is in, and of each disk it writes
    on. 0 asks for none."""

    memory_mb: int = Field(default=256, ge=0)
    disk_mb: int = Field(default=256, ge=0)


class HostResources:
    """``folders`` are on the disks that count; those that are not there yet are looked for at their parents."""

    def __init__(self, reserve: Reserve, folders: Iterable[Path], system: Path = Path("/")) -> None:
        self._reserve = reserve
        self._folders = tuple(folders)
        self._system = system

    def shortage(self) -> str:
        """What is short, with the numbers and what to do; empty while there is enough."""
        memory = self._free_memory_mib()
        if memory is not None and memory < self._reserve.memory_mb:
            return f"{memory} MiB of memory are left, {self._reserve.memory_mb} are to stay free; use fewer slots"
        for folder in self._folders:
            free = _free_disk_mib(folder)
            if free < self._reserve.disk_mb:
                return f"{free} MiB are left on the disk of {folder}, {self._reserve.disk_mb} are to stay free"
        return ""

    def _free_memory_mib(self) -> int | None:
        """None where the system does not tell."""
        free = [amount for amount in (self._host_memory_bytes(), self._cgroup_memory_bytes()) if amount is not None]
        return min(free) // _MIB if free else None

    def _host_memory_bytes(self) -> int | None:
        try:
            lines = (self._system / "proc/meminfo").read_text().splitlines()
        except OSError:
            return None
        found = next((line for line in lines if line.startswith("MemAvailable:")), None)
        return int(found.split()[1]) * 1024 if found else None

    def _cgroup_memory_bytes(self) -> int | None:
        group = self._system / "sys/fs/cgroup"
        try:
            limit, used = (group / "memory.max").read_text().strip(), (group / "memory.current").read_text()
        except OSError:
            return None
        return None if limit == "max" else int(limit) - int(used)


def written_folders(artifacts_url: str) -> tuple[Path, ...]:
    """The folders a worker writes in: where workspaces are made, and the artifacts where they are on this machine."""
    local = Path(artifacts_url.removeprefix("file://"))
    return (Path(tempfile.gettempdir()), *(() if "://" in str(artifacts_url).removeprefix("file://") else (local,)))


def _free_disk_mib(folder: Path) -> int:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free // _MIB
