"""Lowers the CPU share of sandboxes that use more than one CPU, so that a CPU or fork bomb hardly slows down its
neighbours.

Every sandbox has the same CPU share, however many processes it runs. A sandbox that uses more than one CPU, or has more
than two runnable tasks, gets a lower share until it has been idle for a while; the share matters only while others
compete for the CPU. Needs a writable cgroup per sandbox; without one, nothing happens.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from assay.sandbox.cgroups import ROOT, cgroup_paths
from assay.sandbox.time_slices import shorten_time_slices

_SAMPLE_SECONDS = 0.05
_QUIET_SAMPLES = 20
_BUSY_CPUS, _QUIET_CPUS = 1.2, 0.1
"""CPUs in use. A sandbox with a lowered share gets little on a busy host, so only near-idleness counts as quiet."""
_MAX_FAIR_TASKS, _MAX_SAMPLED_TASKS = 2, 100
"""Runnable tasks, which also count on a busy host, where nobody gets much CPU. At most ``_MAX_SAMPLED_TASKS`` are
looked at."""
_SHARES = {1: (1024, 192), 2: (100, 19)}
"""By cgroup version: the normal and the lowered share."""


@dataclass(frozen=True, kw_only=True)
class CpuCgroup:
    """Files of the cgroup that a sandbox's processes are in."""

    shares: Path
    usage: Path
    tasks: Path
    version: int

    def cpu_seconds(self) -> float:
        text = self.usage.read_text()
        return int(text) / 1e9 if self.version == 1 else int(text.split("usage_usec", 1)[1].split()[0]) / 1e6

    def runnable_tasks(self) -> int:
        """The number of tasks that run or wait for a CPU."""
        states = map(_task_state, self.tasks.read_text().split()[:_MAX_SAMPLED_TASKS])
        return sum(state == b"R" for state in states)

    def set_shares(self, *, reduced: bool) -> None:
        self.shares.write_text(str(_SHARES[self.version][reduced]))


def cpu_cgroup(pid: int) -> CpuCgroup | None:
    """The process's cgroup, unless it is our own or not writable."""
    sandbox, own = cgroup_paths(pid), cgroup_paths()
    found: CpuCgroup | None = None
    if "cpu" in sandbox and sandbox["cpu"] != own.get("cpu"):
        account = ROOT / "cpuacct" / sandbox.get("cpuacct", "").strip("/")
        folder = ROOT / "cpu" / sandbox["cpu"].strip("/")
        found = CpuCgroup(
            shares=folder / "cpu.shares", usage=account / "cpuacct.usage", tasks=folder / "tasks", version=1
        )
    elif "cpu" not in sandbox and sandbox.get("", "/") != own.get("", "/"):
        folder = ROOT / sandbox[""].strip("/")
        found = CpuCgroup(
            shares=folder / "cpu.weight", usage=folder / "cpu.stat", tasks=folder / "cgroup.threads", version=2
        )
    return found if found and os.access(found.shares, os.W_OK) and found.usage.is_file() else None


def _task_state(task: str) -> bytes:
    try:
        return Path(f"/proc/{task}/stat").read_bytes().rpartition(b")")[2][1:2]
    except OSError:
        return b""


def peer_pid(control: socket.socket) -> int:
    """The process at the other end of the socket; 0 if it is in a foreign PID namespace."""
    return int(struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])


@asynccontextmanager
async def balance_cpu(pid: int) -> AsyncGenerator[None]:
    """Adjusts the CPU share of the process's sandbox during the context, and shortens its time slices."""
    with suppress(OSError):
        shorten_time_slices(pid)
    group = cpu_cgroup(pid) if pid else None
    adjusting = asyncio.create_task(adjust_shares(group)) if group else None
    try:
        yield
    finally:
        if adjusting:
            adjusting.cancel()


async def adjust_shares(
    group: CpuCgroup, sample_seconds: float = _SAMPLE_SECONDS, quiet_samples: int = _QUIET_SAMPLES
) -> None:
    """Runs until the cgroup is gone."""
    quiet_left = crowded_samples = 0
    with suppress(OSError, ValueError, IndexError):
        group.set_shares(reduced=False)
        while True:
            started, before = time.monotonic(), group.cpu_seconds()
            await asyncio.sleep(sample_seconds)
            used = (group.cpu_seconds() - before) / (time.monotonic() - started)  # less if this task was delayed
            crowded_samples = crowded_samples + 1 if not quiet_left and group.runnable_tasks() > _MAX_FAIR_TASKS else 0
            if used > _BUSY_CPUS or crowded_samples > 1:
                if not quiet_left:
                    group.set_shares(reduced=True)
                quiet_left = quiet_samples
            elif quiet_left:
                quiet_left = quiet_left - 1 if used < _QUIET_CPUS else quiet_samples
                if not quiet_left:
                    group.set_shares(reduced=False)
