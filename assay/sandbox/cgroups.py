"""Control groups (cgroups) for sandboxes, where this process may create them: kernel limits on memory and tasks.

They back up the lower limits that init enforces, which can be reported by name. They also cover what init cannot see,
such as memory in sockets and pipes, and growth between two samples. Without cgroups, rlimits are the only backup.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.limits import OVERHEAD_TASKS, memory_limit_bytes

ROOT = Path("/sys/fs/cgroup")
_PREFIX = "assay-"
_REMOVALS, _REMOVAL_SECONDS = 1000, 0.005
"""On a busy host, killed processes may take seconds to disappear."""
_counter = itertools.count()


@dataclass(frozen=True, kw_only=True)
class CgroupParents:
    """The folders to create cgroups in: one for each of the two limits in version 1, the same one twice in version
    2. ``cpu`` are additional ones for CPU accounting and shares."""

    memory: Path
    tasks: Path
    version: int
    cpu: tuple[Path, ...] = ()

    def make(self, spec: SandboxSpec) -> Cgroup:
        """Raises OSError if the kernel refuses."""
        name = f"{_PREFIX}{os.getpid()}-{next(_counter)}"
        group = Cgroup(self.memory / name, self.tasks / name, self.version, [path / name for path in self.cpu])
        try:
            group.limit(memory_limit_bytes(spec), spec.processes + OVERHEAD_TASKS)
        except OSError:
            group.remove()
            raise
        return group

    def sweep(self) -> None:
        """Removes cgroups of processes that no longer exist."""
        for parent in {self.memory, self.tasks, *self.cpu}:
            for folder in parent.glob(f"{_PREFIX}*-*"):
                if not Path("/proc", folder.name.removeprefix(_PREFIX).partition("-")[0]).exists():
                    with suppress(OSError):
                        folder.rmdir()


class Cgroup:
    """The cgroup of one sandbox."""

    def __init__(self, memory: Path, tasks: Path, version: int, cpu: Sequence[Path] = ()) -> None:
        self._memory, self._tasks, self._version = memory, tasks, version
        self._folders = {memory, tasks, *cpu}

    def limit(self, memory_limit_bytes: int, tasks: int) -> None:
        for folder in self._folders:
            folder.mkdir()
        memory = "memory.max" if self._version == 2 else "memory.limit_in_bytes"
        (self._memory / memory).write_text(str(memory_limit_bytes))
        (self._tasks / "pids.max").write_text(str(tasks))

    def add_process(self, pid: int) -> None:
        """Adds the process and its future children."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def oom_kills(self) -> int:
        """The number of processes killed by the kernel because the cgroup was out of memory."""
        report = self._memory / ("memory.events" if self._version == 2 else "memory.oom_control")
        with suppress(OSError):
            fields = dict(line.split() for line in report.read_text().splitlines())
            return int(fields.get("oom_kill", 0))
        return 0

    def remove(self) -> None:
        """To be called when its processes are dead; retries until the kernel has noticed."""
        for folder in self._folders:
            for _ in range(_REMOVALS):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(_REMOVAL_SECONDS)
                else:
                    break


@cache
def writable_cgroups() -> CgroupParents | None:
    """None if this process may not create cgroups, or only some without limits."""
    for groups in (_version_2(), _version_1()):
        if groups and _can_create(groups):
            groups.sweep()
            return groups
    return None


def _version_1() -> CgroupParents | None:
    own = cgroup_paths()
    if "memory" not in own or "pids" not in own:
        return None
    cpu = {_folder(name, own[name]).resolve() for name in ("cpu", "cpuacct") if name in own}
    return CgroupParents(
        memory=_folder("memory", own["memory"]),
        tasks=_folder("pids", own["pids"]),
        version=1,
        cpu=tuple(path for path in cpu if os.access(path, os.W_OK)),
    )


def _version_2() -> CgroupParents | None:
    """The parent is that of our own cgroup, because a version 2 cgroup with processes may not have children."""
    own = cgroup_paths().get("", "/")
    parent = (ROOT / own.strip("/")).parent
    controllers = parent / "cgroup.subtree_control"
    if own == "/" or not controllers.is_file() or not {"memory", "pids"} <= set(controllers.read_text().split()):
        return None
    return CgroupParents(memory=parent, tasks=parent, version=2)


def _can_create(groups: CgroupParents) -> bool:
    if not os.access(groups.memory, os.W_OK) or not os.access(groups.tasks, os.W_OK):
        return False
    try:
        groups.make(SandboxSpec()).remove()
    except OSError:
        return False
    return True


def cgroup_paths(pid: int | str = "self") -> dict[str, str]:
    """A process's cgroup path for each controller; version 2 has the empty name."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    return {name: path for line in lines for _, names, path in [line.split(":", 2)] for name in names.split(",")}


def _folder(controller: str, path: str) -> Path:
    """In a container the path may be the host's although only the root is mounted."""
    folder = ROOT / controller / path.strip("/")
    return folder if folder.is_dir() else ROOT / controller
