"""How long `assay runs show` takes for a large run, and where the time goes.

``python -m bench show [--attempts 10008]``; the run is executed first.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import Sequence

import httpx2

from assay.client import AssayClient
from bench.embedded_stack import Stack, embedded_stack
from bench.large_run import Client
from bench.throughput import watch

REPEATS = 3
COMMAND = ("-m", "assay.cli", "runs", "show")


async def command(stack: Stack, *arguments: str) -> tuple[float, float, int]:
    """Seconds and CPU seconds of the command, and how many bytes it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, *COMMAND, *arguments, "--server", stack.url, stdout=pipe, stderr=pipe
    )
    printed, _ = await child.communicate()
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert child.returncode == 0
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, len(printed)


async def pages(stack: Stack, run_id: str) -> float:
    """Seconds to fetch all attempts."""
    started = time.monotonic()
    async with AssayClient(stack.url) as client:
        cursor = ""
        while True:
            page = await client.attempts(run_id, cursor=cursor, limit=1000)
            if not (cursor := page.next_cursor):
                return time.monotonic() - started


async def run_benchmark(attempts: int) -> None:
    repeats = 4
    async with embedded_stack(attempts // repeats) as stack, httpx2.AsyncClient(timeout=60) as http:
        run_id, _ = await Client(stack, http).submit(0, repeats)
        await watch(stack.url, run_id, {})
        for _ in range(REPEATS):
            seconds, cpu, size = await command(stack, run_id)
            print(f"runs show: {seconds:.2f} s, {cpu:.2f} s of CPU, {size / 1e6:.1f} MB printed")
        for _ in range(REPEATS):
            seconds, cpu, size = await command(stack, run_id, "--json")
            print(f"runs show --json: {seconds:.2f} s, {cpu:.2f} s of CPU, {size / 1e6:.1f} MB printed")
        for _ in range(REPEATS):
            print(f"all pages of attempts over HTTP: {await pages(stack, run_id):.2f} s")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=10_008)
    asyncio.run(run_benchmark(parser.parse_known_args(arguments)[0].attempts))


if __name__ == "__main__":
    main()
