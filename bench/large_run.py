"""A run of 50,000 attempts: the time to submit, pause and cancel it, and its effect on a concurrent run of 10.

``python -m bench large [--attempts 50000] [--thinks 2 --spread 0.5 --runners 2]``; without options, all of ``LOADS``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx2

from bench.embedded_stack import Stack, embedded_stack
from bench.throughput import watch

SAMPLES = 1000
SMALL = 10
REPEATS = 5
"""Number of small runs, one after the other, whose median is reported."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Each runner has 32 slots. The model answers after ``answer_seconds``, plus or minus a fraction ``spread``."""

    answer_seconds: float = 0.5
    spread: float = 0.0
    runners: int = 1

    def __str__(self) -> str:
        slots = 32 * self.runners
        return f"{slots} slots, answers after {self.answer_seconds} s ± {100 * self.spread:.0f} %"


LOADS = (Load(), Load(spread=0.5), Load(answer_seconds=2.0, spread=0.5, runners=2))
"""If all answers take the same time, all slots become free at once. The last load resembles slow models, which occupy
slots and not processors."""


class Client:
    def __init__(self, stack: Stack, http: httpx2.AsyncClient) -> None:
        self._stack, self._http = stack, http

    async def submit(self, samples: int, repeats: int) -> tuple[str, float]:
        """Submit a run; returns its id and the seconds until the response."""
        body: dict[str, Any] = {"tasks": ["echo"], "models": ["stub/echo"], "samples": samples, "repeats": repeats}
        started = time.monotonic()
        response = (await self._http.post(f"{self._stack.url}/api/v1/runs", json=body)).raise_for_status()
        return str(response.json()["run_id"]), time.monotonic() - started

    async def run_small(self) -> float:
        """The seconds that a run of 10 takes from its submission to its end."""
        started = time.monotonic()
        run_id, _ = await self.submit(SMALL, 1)
        await asyncio.wait_for(watch(self._stack.url, run_id, {}), 120)
        return time.monotonic() - started

    async def control(self, run_id: str, verb: str) -> tuple[float, str]:
        """The seconds until the response, and the run's status in it."""
        started = time.monotonic()
        response = (await self._http.post(f"{self._stack.url}/api/v1/runs/{run_id}/{verb}")).raise_for_status()
        return time.monotonic() - started, response.json()["status"]

    async def wait_for_end(self, run_id: str) -> dict[str, Any]:
        while True:
            run = (await self._http.get(f"{self._stack.url}/api/v1/runs/{run_id}")).json()
            if run["status"] in ("finished", "cancelled"):
                return run
            await asyncio.sleep(0.05)


async def run_benchmark(attempts: int, load: Load) -> None:
    print(load)
    runners = ("--runners", str(load.runners))
    async with AsyncExitStack() as opened:
        stack = await opened.enter_async_context(
            embedded_stack(SAMPLES, runners, answer_seconds=load.answer_seconds, spread=load.spread)
        )
        http = await opened.enter_async_context(httpx2.AsyncClient(timeout=60))
        client = Client(stack, http)
        await client.run_small()
        alone = [await client.run_small() for _ in range(REPEATS)]
        run_id, seconds = await client.submit(SAMPLES, attempts // SAMPLES)
        print(f"submitting {attempts} attempts: {seconds:.2f} s")
        await asyncio.sleep(3)
        concurrent = [await client.run_small() for _ in range(REPEATS)]
        print(
            f"a run of {SMALL}: alone {median(alone):.2f} s, during the large one {median(concurrent):.2f} s", end=" "
        )
        print(f"({median(concurrent) / median(alone):.2f} times)")
        for verb in ("pause", "resume"):
            seconds, status = await client.control(run_id, verb)
            print(f"{verb}: {seconds:.3f} s, status {status}")
        started = time.monotonic()
        seconds, status = await client.control(run_id, "cancel")
        run = await client.wait_for_end(run_id)
        print(
            f"cancel: {seconds:.3f} s, status {status}; all attempts ended after {time.monotonic() - started:.2f} s:",
            end=" ",
        )
        print(run["progress"]["outcomes"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=50_000)
    parser.add_argument("--thinks", type=float, help="seconds until the model answers")
    parser.add_argument("--spread", type=float, default=0.0, help="fraction by which answers vary")
    parser.add_argument("--runners", type=int, default=1)
    options = parser.parse_known_args(arguments)[0]
    custom = Load(answer_seconds=options.thinks or 0.0, spread=options.spread, runners=options.runners)
    for load in LOADS if options.thinks is None else (custom,):
        asyncio.run(run_benchmark(options.attempts, load))


if __name__ == "__main__":
    main()
