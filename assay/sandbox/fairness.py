"""Who takes more than one processor makes way for others: a bomb, whatever it starts, hardly slows down its neighbours.

Every sandbox has an equal share of the processors, however many processes are in it. One that uses more than one
processor, or wants more than two, gets a smaller share, until it has rested for a while; it notices only while others
want the processors.
This takes a control group of its own that may be written; where there is none, nothing is done.
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

from assay.sandbox.groups import ROOT, own_groups

_LOOK_SECONDS = 0.05
_CALM_LOOKS = 20
_MUCH, _CALM = 1.2, 0.1
"""Processors used at once. Who makes way gets little where others want much, so only rest counts as calm."""
_WANTED, _MOST_TASKS = 2, 100
"""Tasks that run or wait to; on a busy machine nobody uses much, whatever they want. No more are looked at."""
_SHARES = {1: (1024, 192), 2: (100, 19)}
"""By version of control groups: the usual share, and that of who makes way."""


@dataclass(frozen=True, kw_only=True)
class CpuGroup:
    """Files of the control group that a sandbox's processes are in."""

    shares: Path
    usage: Path
    tasks: Path
    version: int

    def used_seconds(self) -> float:
        text = self.usage.read_text()
        return int(text) / 1e9 if self.version == 1 else int(text.split("usage_usec", 1)[1].split()[0]) / 1e6

    def wanted(self) -> int:
        """How many of its tasks run or wait for a processor."""
        states = map(_state, self.tasks.read_text().split()[:_MOST_TASKS])
        return sum(state == b"R" for state in states)

    def set_shares(self, *, making_way: bool) -> None:
        self.shares.write_text(str(_SHARES[self.version][making_way]))


def cpu_group(pid: int) -> CpuGroup | None:
    """Of the process, if it is another group than ours and may be written."""
    theirs, ours = own_groups(pid), own_groups()
    found: CpuGroup | None = None
    if "cpu" in theirs and theirs["cpu"] != ours.get("cpu"):
        account = ROOT / "cpuacct" / theirs.get("cpuacct", "").strip("/")
        folder = ROOT / "cpu" / theirs["cpu"].strip("/")
        found = CpuGroup(
            shares=folder / "cpu.shares", usage=account / "cpuacct.usage", tasks=folder / "tasks", version=1
        )
    elif "cpu" not in theirs and theirs.get("", "/") != ours.get("", "/"):
        folder = ROOT / theirs[""].strip("/")
        found = CpuGroup(
            shares=folder / "cpu.weight", usage=folder / "cpu.stat", tasks=folder / "cgroup.threads", version=2
        )
    return found if found and os.access(found.shares, os.W_OK) and found.usage.is_file() else None


def _state(task: str) -> bytes:
    try:
        return Path(f"/proc/{task}/stat").read_bytes().rpartition(b")")[2][1:2]
    except OSError:
        return b""


def peer(control: socket.socket) -> int:
    """The process at the other end; 0 when it cannot be seen from here."""
    return int(struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])


@asynccontextmanager
async def fair(pid: int) -> AsyncGenerator[None]:
    """While the context lasts, the sandbox that the process is in makes way when it should."""
    group = cpu_group(pid) if pid else None
    watching = asyncio.create_task(watch(group)) if group else None
    try:
        yield
    finally:
        if watching:
            watching.cancel()


async def watch(group: CpuGroup, look_seconds: float = _LOOK_SECONDS, calm_looks: int = _CALM_LOOKS) -> None:
    """Until the group is gone."""
    calm = crowded = 0
    with suppress(OSError, ValueError, IndexError):
        group.set_shares(making_way=False)
        while True:
            started, before = time.monotonic(), group.used_seconds()
            await asyncio.sleep(look_seconds)
            used = (group.used_seconds() - before) / (time.monotonic() - started)  # held up here, it is too little
            crowded = crowded + 1 if not calm and group.wanted() > _WANTED else 0
            if used > _MUCH or crowded > 1:
                if not calm:
                    group.set_shares(making_way=True)
                calm = calm_looks
            elif calm:
                calm = calm - 1 if used < _CALM else calm_looks
                if not calm:
                    group.set_shares(making_way=False)
