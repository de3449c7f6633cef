"""CPU time and memory of processes, read from the operating system."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, kw_only=True)
class ProcessUsage:
    """CPU seconds and resident bytes, summed over the processes of a component."""

    cpu_seconds: float = 0.0
    rss_bytes: int = 0

    def __add__(self, other: ProcessUsage) -> ProcessUsage:
        return ProcessUsage(
            cpu_seconds=self.cpu_seconds + other.cpu_seconds, rss_bytes=self.rss_bytes + other.rss_bytes
        )


def component_of(command: list[str]) -> str:
    """The component that a process belongs to, from its command line: ``ledger``, ``postgres``, ``stub_model``, …"""
    text = " ".join(command)
    for part in (
        "services.gateway",
        "services.ledger",
        "services.runner",
        "services.judge",
        "model_host",
        "bench.stub_model",
    ):
        if part in text:
            return part.rpartition(".")[2]
    return next((part for part in ("nats-server", "postgres") if part in text), "supervisor")


def read_tree(pid: int) -> dict[str, ProcessUsage]:
    """Usage of a process and all its descendants, by component."""
    parts: defaultdict[str, ProcessUsage] = defaultdict(ProcessUsage)
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times, part = process.cpu_times(), component_of(process.cmdline())
            rss = process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        # Includes ended children, because Postgres forks a process per connection.
        cpu = times.user + times.system + times.children_user + times.children_system
        parts[part] += ProcessUsage(cpu_seconds=cpu, rss_bytes=rss)
    return dict(parts)
