"""Labels that identify a container's owner, to tell those of live workers from those left by a crash."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LABEL = "assay.sandbox"
_BOOT, _PID_NAMESPACE, _PID, _STARTED, _CREATED, _FOLDER = (
    f"assay.{name}" for name in ("boot", "pid-namespace", "pid", "pid-started", "made", "folder")
)
SANDBOX_LABEL = "assay.holder"
"""On a service: the id of its sandbox's container, which ends with its worker, even one on another machine."""
_FOREIGN_GRACE_SECONDS = 600
"""A stopped container is garbage after this time, even if its owner cannot be looked up from here."""


def container_labels(folder: Path) -> dict[str, str]:
    """``made`` is in seconds since the epoch, ``pid-started`` in clock ticks since boot."""
    return _process_labels() | {_CREATED: str(int(time.time())), _FOLDER: str(folder), LABEL: "1"}


def is_orphan(container_labels: Mapping[str, str], *, running: bool) -> bool:
    """Whether its owner is gone."""
    assay_containers = _process_labels()
    if any(container_labels.get(name) != assay_containers[name] for name in (_BOOT, _PID_NAMESPACE)):
        created_seconds = float(container_labels.get(_CREATED) or 0)
        return not running and time.time() - created_seconds > _FOREIGN_GRACE_SECONDS
    return _start_ticks(container_labels.get(_PID, "")) != container_labels.get(_STARTED)


def folder_of(container_labels: Mapping[str, str]) -> Path | None:
    return Path(container_labels[_FOLDER]) if container_labels.get(_FOLDER) else None


def _process_labels() -> dict[str, str]:
    return _machine_labels() | {_PID: str(os.getpid()), _STARTED: _start_ticks(str(os.getpid()))}


@cache
def _machine_labels() -> dict[str, str]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {_BOOT: boot, _PID_NAMESPACE: str(Path("/proc/self/ns/pid").readlink())}


def _start_ticks(pid: str) -> str:
    """When the process with this pid started; empty if there is none."""
    try:
        return Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, ValueError):
        return ""
