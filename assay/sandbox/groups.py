"""Control groups, where this process may make some: the kernel's own limits on a sandbox's memory and tasks.

They stand behind what process 1 of a sandbox counts, which is lower and can be named; what they add is what it cannot
see, such as memory in sockets and pipes, and what grows between two looks. Where none can be made, rlimits have to do.
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

ROOT = Path("/sys/fs/cgroup")
_PREFIX = "assay-"
_MIB = 1 << 20
_SHM_MIB = 64
_OVERHEAD_MIB = 192
"""For process 1, and for what the kernel holds of inodes, pipes and page tables."""
OVERHEAD_TASKS = 24
_REMOVALS, _REMOVAL_SECONDS = 1000, 0.005
"""What was killed on a busy host may take seconds to be gone."""
_numbers = itertools.count()


def shm_mb(spec: SandboxSpec) -> int:
    """The size of /dev/shm, in MiB."""
    return min(_SHM_MIB, spec.workspace_mb)


def memory_bytes(spec: SandboxSpec) -> int:
    """All that a sandbox may hold of the host's memory: the spec's, its file systems (full), and the kernel's part."""
    return (spec.memory_mb + 2 * spec.workspace_mb + shm_mb(spec) + _OVERHEAD_MIB) * _MIB


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Where groups can be made: one folder for each of the two limits in version 1, the same one twice in version 2.
    ``processors`` are further ones in which sandboxes are told apart by the processors they use."""

    memory: Path
    tasks: Path
    version: int
    processors: tuple[Path, ...] = ()

    def make(self, spec: SandboxSpec) -> Group:
        """OSError when the kernel will not."""
        name = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        group = Group(self.memory / name, self.tasks / name, self.version, [path / name for path in self.processors])
        try:
            group.limit(memory_bytes(spec), spec.processes + OVERHEAD_TASKS)
        except OSError:
            group.remove()
            raise
        return group

    def sweep(self) -> None:
        """Removes what processes that are gone left behind."""
        for parent in {self.memory, self.tasks, *self.processors}:
            for folder in parent.glob(f"{_PREFIX}*-*"):
                if not Path("/proc", folder.name.removeprefix(_PREFIX).partition("-")[0]).exists():
                    with suppress(OSError):
                        folder.rmdir()


class Group:
    """One sandbox's."""

    def __init__(self, memory: Path, tasks: Path, version: int, processors: Sequence[Path] = ()) -> None:
        self._memory, self._tasks, self._version = memory, tasks, version
        self._folders = {memory, tasks, *processors}

    def limit(self, memory_bytes: int, tasks: int) -> None:
        for folder in self._folders:
            folder.mkdir()
        memory = "memory.max" if self._version == 2 else "memory.limit_in_bytes"
        (self._memory / memory).write_text(str(memory_bytes))
        (self._tasks / "pids.max").write_text(str(tasks))

    def hold(self, pid: int) -> None:
        """The process from now on, and what it will start."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def memory_kills(self) -> int:
        """How many processes the kernel has killed for the group's memory."""
        report = self._memory / ("memory.events" if self._version == 2 else "memory.oom_control")
        with suppress(OSError):
            fields = dict(line.split() for line in report.read_text().splitlines())
            return int(fields.get("oom_kill", 0))
        return 0

    def remove(self) -> None:
        """Once nothing lives in it. The kernel may take some time to notice that."""
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
def writable_groups() -> Groups | None:
    """None where this process may make none, or none that limit."""
    for groups in (_version_2(), _version_1()):
        if groups and _usable(groups):
            groups.sweep()
            return groups
    return None


def _version_1() -> Groups | None:
    own = own_groups()
    if "memory" not in own or "pids" not in own:
        return None
    processors = {_folder(name, own[name]).resolve() for name in ("cpu", "cpuacct") if name in own}
    return Groups(
        memory=_folder("memory", own["memory"]),
        tasks=_folder("pids", own["pids"]),
        version=1,
        processors=tuple(path for path in processors if os.access(path, os.W_OK)),
    )


def _version_2() -> Groups | None:
    """Beside our own group, for one that holds processes may not be divided."""
    own = own_groups().get("", "/")
    parent = (ROOT / own.strip("/")).parent
    controllers = parent / "cgroup.subtree_control"
    if own == "/" or not controllers.is_file() or not {"memory", "pids"} <= set(controllers.read_text().split()):
        return None
    return Groups(memory=parent, tasks=parent, version=2)


def _usable(groups: Groups) -> bool:
    if not os.access(groups.memory, os.W_OK) or not os.access(groups.tasks, os.W_OK):
        return False
    try:
        groups.make(SandboxSpec()).remove()
    except OSError:
        return False
    return True


def own_groups(pid: int | str = "self") -> dict[str, str]:
    """Of a process, path by controller; version 2's has no name."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    return {name: path for line in lines for _, names, path in [line.split(":", 2)] for name in names.split(",")}


def _folder(controller: str, path: str) -> Path:
    """Inside a container the path may be the host's, and only the root be mounted."""
    folder = ROOT / controller / path.strip("/")
    return folder if folder.is_dir() else ROOT / controller
