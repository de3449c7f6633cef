"""The effect of a resource bomb in one sandbox on a program in another: the program's p95 with and without the bomb,
measured alternately; how the bomb ended; and how much disk space it used on the host.

``python -m bench neighbours [--only bubblewrap,docker] [--bombs cpu,fork] [--rounds 5]``
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, Sandbox, SandboxProvider, open_sandbox_provider

SPEC = SandboxSpec(memory_mb=128, cpu_seconds=4, wall_seconds=10, processes=32, workspace_mb=32)
WORK = """
values = [(n * 7919) % 1013 for n in range(40_000)]
for _ in range(4):
    values = sorted(values, key=lambda value: -value) + values[:10]
open("kept", "w").write(str(values))
print(len(values))
"""
BOMBS = {
    "fork": "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
    "memory": "x = []\nwhile True: x.append(bytearray(b'1') * 4_000_000)",
    "cpu": "import os\nfor _ in range(4): os.fork()\nwhile True: pass",
    "sleep": "import time\ntime.sleep(600)",
    "disk": "while True:\n  for folder in ('/workspace', '/tmp', '/dev/shm'):\n"
    "    try: open(folder + '/x', 'ab').write(bytes(1 << 20))\n    except OSError: open(folder + '/x', 'w')",
    "inodes": "i = 0\nwhile True:\n  i += 1\n  open(f'/tmp/{i}', 'w').close()",
    "output": "import os\nwhile True: os.write(1, bytes(65536))",
}
ENDS = {
    "fork": {"processes"}, "memory": {"memory"}, "cpu": {"cpu"}, "sleep": {"wall"}, "disk": {"cpu", "wall"},
    "inodes": {"files"}, "output": {"cpu", "wall"},
}  # fmt: skip
"""The limits that each bomb can reach. If writing fails for lack of space, a bomb continues until its CPU limit."""
_PAUSE_SECONDS = 0.2
"""Between two executions of a bomb, as a model takes some time to request the next."""
_ROUND_SECONDS = 2.0
"""A time, not a number of programs: on a fast host, the moments after a bomb's start would weigh more."""
_MIB = 1 << 20


@dataclass(kw_only=True)
class Measured:
    """Seconds of each program, how bombs ended, and the maximum increase in disk usage in MiB."""

    quiet: list[float] = field(default_factory=list[float])
    noisy: list[float] = field(default_factory=list[float])
    ends: Counter[str] = field(default_factory=Counter[str])
    disk_mib: float = 0.0

    @property
    def ratio(self) -> float:
        """The ratio of the p95."""
        return p95(self.noisy) / p95(self.quiet)

    @property
    def median_ratio(self) -> float:
        return median(self.noisy) / median(self.quiet)


def p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


async def measure(provider: SandboxProvider, bomb: str, rounds: int) -> Measured:
    """Rounds with and without the bomb alternate, so that other load affects both equally. The first bomb runs to its
    own end; later ones are stopped with their round."""
    found = Measured()
    async with provider.open(SPEC) as program, provider.open(SPEC) as neighbour:
        await work(program, 0.2)
        await _run_bomb(neighbour, BOMBS[bomb], found)
        before = used_mib()
        for _ in range(rounds):
            found.quiet += await work(program, _ROUND_SECONDS)
            bombing = asyncio.create_task(_repeat_bomb(neighbour, BOMBS[bomb], found))
            await asyncio.sleep(0.1)
            found.noisy += await work(program, _ROUND_SECONDS)
            found.disk_mib = max(found.disk_mib, used_mib() - before)
            bombing.cancel()
            with suppress(asyncio.CancelledError):
                await bombing
    found.disk_mib = max(found.disk_mib, used_mib() - before)
    return found


async def work(sandbox: Sandbox, seconds: float) -> list[float]:
    """Runs programs one after another; returns the seconds of each."""
    durations: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        result = await sandbox.run(Command(argv=["python3", "-c", WORK]))
        durations.append(time.perf_counter() - started)
        assert result.stdout == b"40040\n", result
    return durations


async def _repeat_bomb(sandbox: Sandbox, bomb: str, found: Measured) -> None:
    """Run the bomb repeatedly until cancelled."""
    while True:
        await _run_bomb(sandbox, bomb, found)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _run_bomb(sandbox: Sandbox, bomb: str, found: Measured) -> None:
    result = await sandbox.run(Command(argv=["python3", "-c", bomb], timeout_seconds=5))
    found.ends[str(result.killed_by or f"exit {result.exit_code}")] += 1


def used_mib() -> float:
    """MiB used on the disks with temporary files and Docker's files."""
    folders = {Path(tempfile.gettempdir()), Path("/var/lib/docker"), Path("/")}
    disks = {folder.stat().st_dev: folder for folder in folders if folder.is_dir()}
    return sum(shutil.disk_usage(folder).used for folder in disks.values()) / _MIB


async def run_benchmark(providers: Sequence[str], bombs: Sequence[str], rounds: int) -> None:
    print(f"{rounds} rounds of {_ROUND_SECONDS:g} s each, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':22}{'p95 quiet':>11}{'noisy':>9}{'ratio':>8}{'of p50':>8}{'disk MiB':>10}  bomb ended by")
    for name in providers:
        provider = open_sandbox_provider(name)
        for bomb in bombs:
            found = await measure(provider, bomb, rounds)
            quiet, noisy = 1000 * p95(found.quiet), 1000 * p95(found.noisy)
            ends = ", ".join(f"{end} {times}x" for end, times in found.ends.most_common())
            print(
                f"{name + ' ' + bomb:22}{quiet:8.0f} ms{noisy:6.0f} ms{found.ratio:8.2f}{found.median_ratio:8.2f}"
                f"{found.disk_mib:10.1f}  {ends}",
                flush=True,
            )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="bubblewrap,docker")
    parser.add_argument("--bombs", default=",".join(BOMBS))
    parser.add_argument("--rounds", type=int, default=5, help="rounds with and without each bomb")
    options = parser.parse_known_args(arguments)[0]
    asyncio.run(run_benchmark(options.only.split(","), options.bombs.split(","), options.rounds))


if __name__ == "__main__":
    main()
