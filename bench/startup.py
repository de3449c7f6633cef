"""The cost of a start: CPU seconds of every process of the embedded stack, and the time until it serves.

``python -m bench start [--times 3]`` starts it in a new folder, and again in the same folder, and prints medians. The
supervisor's share of a first start is mostly ``initdb``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec

from assay.embedded.events import EventKind, StackEvent
from bench.embedded_stack import free_port, process
from bench.process_usage import read_tree

SETTLE_SECONDS = 2.0
"""Workers still probe their sandboxes when the stack starts serving."""

Costs = dict[str, float]
"""Seconds by name."""


async def start_once(data: Path) -> Costs:
    """Start and stop the stack once."""
    before, started = _used_by_children(), time.monotonic()
    up = ("-m", "assay.cli", "up", "--json", "--data", str(data), "--port", str(free_port()))
    async with process(sys.executable, *up) as stack:
        assert stack.stdout is not None
        async for line in stack.stdout:
            if msgspec.json.decode(line, type=StackEvent).event is EventKind.SERVING:
                break
        times = {"until it serves": time.monotonic() - started}
        await asyncio.sleep(SETTLE_SECONDS)
        parts = {part: reading.cpu_seconds for part, reading in sorted(read_tree(stack.pid).items())}
        started = time.monotonic()
        stack.send_signal(signal.SIGINT)
        await stack.communicate()
    times["until it has ended"] = time.monotonic() - started
    return {**parts, "CPU of all, to the end": _used_by_children() - before, **times}


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def start_twice() -> tuple[Costs, Costs]:
    """A first and a second start in one folder."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        Path(folder).chmod(0o755)  # the stack's Postgres runs as another user and must reach its folder
        data = Path(folder) / "data"
        return asyncio.run(start_once(data)), asyncio.run(start_once(data))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args(arguments).times
    found = [start_twice() for _ in range(times)]
    print(f"medians of {times} starts, in seconds; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<24} {'first':>8} {'second':>8}")
    for name in found[0][0]:
        first, second = (median(pair[which].get(name, 0.0) for pair in found) for which in (0, 1))
        print(f"{name:<24} {first:>8.2f} {second:>8.2f}")
