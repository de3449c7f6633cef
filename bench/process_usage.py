"""What processes use, read from the operating system."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, kw_only=True)
class Reading:
    """CPU seconds since the process began and bytes resident, summed over a part's processes."""

    cpu_seconds: float = 0.0
    rss_bytes: int = 0

    def __add__(self, other: Reading) -> Reading:
        return Reading(cpu_seconds=self.cpu_seconds + other.cpu_seconds, rss_bytes=self.rss_bytes + other.rss_bytes)


def part_of(command: list[str]) -> str:
    """The part of the stack a process belongs to, from its command line: ``ledger``, ``postgres``, ``stub``, …"""
    words = " ".join(command)
    for part in (
        "services.gateway",
        "services.ledger",
        "services.runner",
        "services.judge",
        "model_host",
        "bench.stub_model",
    ):
        if part in words:
            return part.rpartition(".")[2]
    return next((part for part in ("nats-server", "postgres") if part in words), "supervisor")


def read_tree(pid: int) -> dict[str, Reading]:
    """Readings by part of a process and all its descendants."""
    parts: defaultdict[str, Reading] = defaultdict(Reading)
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times, part = process.cpu_times(), part_of(process.cmdline())
            rss = process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        # Children that ended are in their parent's times; Postgres forks a process per connection.
        cpu = times.user + times.system + times.children_user + times.children_system
        parts[part] += Reading(cpu_seconds=cpu, rss_bytes=rss)
    return dict(parts)
