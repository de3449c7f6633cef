"""Whose container it is: labels that tell a living worker's from what a crash left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LABEL = "assay.sandbox"
_BOOT, _SPACE, _PID, _STARTED, _MADE, _FOLDER = (
    f"assay.{name}" for name in ("boot", "pid-namespace", "pid", "pid-started", "made", "folder")
)
HOLDER = "assay.holder"
"""Of a service: its sandbox's container, which ends with its worker, wherever that is."""
_FOREIGN_SECONDS = 600
"""After which a container that is not running is garbage, even if its owner cannot be looked up from here."""


def labels(folder: Path) -> dict[str, str]:
    """``made`` in seconds since the epoch, ``pid-started`` in clock ticks since the machine's boot."""
    return _process() | {_MADE: str(int(time.time())), _FOLDER: str(folder), LABEL: "1"}


def is_orphan(labels: Mapping[str, str], *, running: bool) -> bool:
    """Whether nobody is left who would remove it."""
    ours = _process()
    if any(labels.get(name) != ours[name] for name in (_BOOT, _SPACE)):
        made_seconds = float(labels.get(_MADE) or 0)
        return not running and time.time() - made_seconds > _FOREIGN_SECONDS
    return _started(labels.get(_PID, "")) != labels.get(_STARTED)


def folder_of(labels: Mapping[str, str]) -> Path | None:
    return Path(labels[_FOLDER]) if labels.get(_FOLDER) else None


def _process() -> dict[str, str]:
    return _machine() | {_PID: str(os.getpid()), _STARTED: _started(str(os.getpid()))}


@cache
def _machine() -> dict[str, str]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {_BOOT: boot, _SPACE: str(Path("/proc/self/ns/pid").readlink())}


def _started(pid: str) -> str:
    """Of a process of this pid; empty if there is none."""
    try:
        return Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, ValueError):
        return ""
