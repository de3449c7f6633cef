"""Checks a host's free memory and disk space before a worker takes more work, so that a full host slows down runs
instead of failing them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, Field

_MIB = 1024 * 1024


class Reserve(BaseModel):
    """The MiB to keep free: memory of the host and of the worker's control group, and space on each disk it writes to.
    0 disables a check."""

    memory_mb: int = Field(default=256, ge=0)
    disk_mb: int = Field(default=256, ge=0)


class HostResources:
    """``folders`` identify the disks to check. For a folder that does not exist yet, its nearest parent is used."""

    def __init__(self, reserve: Reserve, folders: Iterable[Path], system: Path = Path("/")) -> None:
        self._reserve = reserve
        self._folders = tuple(folders)
        self._system = system

    def shortage(self) -> str:
        """What is short, with the numbers and a remedy; empty while there is enough."""
        memory = self._free_memory_mib()
        if memory is not None and memory < self._reserve.memory_mb:
            return f"{memory} MiB of memory left, {self._reserve.memory_mb} MiB must stay free; use fewer slots"
        for folder in self._folders:
            free = _free_disk_mib(folder)
            if free < self._reserve.disk_mb:
                return f"{free} MiB left on the disk of {folder}, {self._reserve.disk_mb} MiB must stay free"
        return ""

    def _free_memory_mib(self) -> int | None:
        """None if the system does not report it."""
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
    """The folders a worker writes to: temporary files, and artifacts if they are stored on this machine."""
    local = Path(artifacts_url.removeprefix("file://"))
    return (Path(tempfile.gettempdir()), *(() if "://" in str(artifacts_url).removeprefix("file://") else (local,)))


def _free_disk_mib(folder: Path) -> int:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free // _MIB
